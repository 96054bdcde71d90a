//! Puts the demo's business into the store, and its newest files through the real pipeline.
//!
//! Each step looks for what is there and adds what is missing, so a start that was killed half
//! way and a start after a week both end with a whole past.

use super::cast::{CAST, FEW, HALVED, IN_CARE, Manner, Member, PARTNER};
use super::history::Past;
use super::outgoing::Destination;
use super::products::{self, Catalogue};
use crate::domain::account::{Role, Scope};
use crate::domain::delivery::Status;
use crate::domain::ids::{DeliveryId, FeedId, PartnerId};
use crate::domain::query::DeliveryFilter;
use crate::domain::report::Format;
use crate::server::auth;
use crate::server::pipeline::ingest::Ingest;
use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use rand::Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// How much past a fresh demo has: a day more than thirty, so that the first of thirty is whole.
const DAYS: i64 = 31;

/// What a demo is made of.
#[derive(Debug)]
pub struct Demo {
    /// The pipeline, and the store behind it.
    pub ingest: Ingest,
    /// Where files are written, and where the accounts' passwords are kept.
    pub dir: PathBuf,
    /// A few partners instead of all.
    pub small: bool,
}

/// Somebody who can sign in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Person {
    /// What they are to us.
    pub role: Role,
    /// What they sign in with.
    pub email: String,
    /// Their password.
    pub password: String,
}

impl Demo {
    /// The partners of this demo.
    pub fn members(&self) -> Vec<&'static Member> {
        CAST.iter()
            .filter(|member| !self.small || FEW.contains(&member.slug))
            .collect()
    }

    /// Adds partners, feeds and everything that has been delivered up to now.
    pub async fn sow(&self) -> anyhow::Result<()> {
        let now = self.ingest.clock.now();
        for member in self.members() {
            self.add_member(member, now)
                .await
                .with_context(|| format!("adding {}", member.name))?;
        }
        for member in self.members().into_iter().filter(|member| member.is_real()) {
            self.send_catalogue(member)
                .await
                .with_context(|| format!("taking in the catalogue of {}", member.name))?;
        }
        if let Some(member) = self.members().into_iter().find(|member| member.slug == HALVED) {
            self.send_half(member)
                .await
                .with_context(|| format!("taking in half a catalogue of {}", member.name))?;
        }
        Ok(())
    }

    async fn add_member(&self, member: &Member, now: DateTime<Utc>) -> anyhow::Result<()> {
        let store = &self.ingest.store;
        store.insert_partner(&member.partner()).await?;
        let past = Past { member, now };
        for feed in member.feeds() {
            store.insert_feed(&feed).await?;
            let begin = now - TimeDelta::days(DAYS);
            let from = self
                .newest(&feed.id)
                .await?
                .map_or(begin, |newest| newest.max(begin));
            // What came in the last minutes would still be on its way.
            let past = past.deliveries_to(&feed.id, from, now - TimeDelta::minutes(10));
            // In the order of time, so that whatever stops us leaves no hole behind.
            for some in past.chunks(500) {
                store.insert_deliveries(some).await?;
            }
        }
        if let Some(to) = Destination::of(member) {
            let feed = to.feed();
            store.insert_feed(&to.stored()).await?;
            let begin = now - TimeDelta::days(DAYS);
            let from = self
                .newest(&feed)
                .await?
                .map_or(begin, |newest| newest.max(begin));
            let gone = to.deliveries(from, now - TimeDelta::minutes(10), now);
            store.insert_deliveries(&gone).await?;
        }
        Ok(())
    }

    async fn newest(&self, feed: &FeedId) -> anyhow::Result<Option<DateTime<Utc>>> {
        let filter = DeliveryFilter {
            feed: Some(feed.clone()),
            ..DeliveryFilter::default()
        };
        let page = self
            .ingest
            .store
            .list_deliveries(&Scope::All, &filter, "", 1)
            .await?;
        Ok(page.rows.first().map(|delivery| delivery.received_at))
    }

    /// Sends the partner's catalogue as a real file, unless that has been done.
    async fn send_catalogue(&self, member: &Member) -> anyhow::Result<()> {
        let (name, bytes) = catalogue_file(member)?;
        let feed = member.catalogue();
        if !self.has_come(&feed, &bytes).await? {
            self.take_in(&feed, &name, &bytes).await?;
        }
        Ok(())
    }

    /// Sends the first half of the partner's catalogue, unless that has been done. A gate holds
    /// it; its bytes are kept, so that somebody can release it on its page.
    async fn send_half(&self, member: &Member) -> anyhow::Result<()> {
        let (name, mut bytes) = catalogue_file(member)?;
        let half = bytes.len() / 2;
        let end = bytes.iter().skip(half).position(|byte| *byte == b'\n');
        bytes.truncate(end.map_or(bytes.len(), |end| half + end + 1));
        let feed = member.catalogue();
        if self.has_come(&feed, &bytes).await? {
            return Ok(());
        }
        let delivery = self.take_in(&feed, &name, &bytes).await?;
        let (store, now) = (&self.ingest.store, self.ingest.clock.now());
        let mut receiving = store.begin_file(&delivery, &feed, &name, now).await?;
        receiving.write(&bytes, now).await?;
        store.keep_file(receiving.end(now).await?).await?;
        Ok(())
    }

    /// Whether a file with these bytes has come before, whatever became of it.
    async fn has_come(&self, feed: &FeedId, bytes: &[u8]) -> anyhow::Result<bool> {
        let sha256 = Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        for status in [Status::Accepted, Status::Refused, Status::Held] {
            let same = self.ingest.store.find_same_file(feed, &sha256, status).await?;
            if same.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Writes a file and takes it in, as if it had come from outside.
    pub(super) async fn take_in(
        &self,
        feed: &FeedId,
        name: &str,
        bytes: &[u8],
    ) -> anyhow::Result<DeliveryId> {
        let known = self.ingest.store.find_feed(&Scope::All, feed).await?;
        let feed = known.with_context(|| format!("there is no feed {feed}"))?.feed;
        let inbox = self.dir.join("inbox");
        fs::create_dir_all(&inbox).with_context(|| format!("making {}", inbox.display()))?;
        let path = inbox.join(name);
        fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))?;
        let done = self.ingest.run(&feed, &path, name).await;
        fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
        let done = done?;
        let received = done.report.records.received;
        tracing::debug!(feed.id = %feed.id, records.received = received, "took in {name}");
        Ok(done.delivery)
    }

    /// Makes sure that one person of each role can sign in, and says with which passwords.
    pub async fn people(&self) -> anyhow::Result<Vec<Person>> {
        let file = self.dir.join("demo-accounts.json");
        let known: Vec<Person> = fs::read(&file)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default();
        let mut people = Vec::new();
        for (role, name, email, partners) in staff() {
            let before = known.iter().find(|person| person.email == email).cloned();
            let forgotten = before.is_none();
            let person = before.unwrap_or_else(|| Person {
                role,
                email: email.to_owned(),
                password: new_password(),
            });
            self.add_person(&person, name, &partners, forgotten).await?;
            people.push(person);
        }
        write_for_us_alone(&file, &serde_json::to_vec_pretty(&people)?)
            .with_context(|| format!("writing {}", file.display()))?;
        Ok(people)
    }

    async fn add_person(
        &self,
        person: &Person,
        name: &str,
        partners: &[&str],
        forgotten: bool,
    ) -> anyhow::Result<()> {
        let store = &self.ingest.store;
        let partners = partners.iter().map(|slug| PartnerId::new(*slug)).collect();
        let password = person.password.clone();
        if store.find_user_by_email(&person.email).await?.is_none() {
            let account = auth::new_account(&person.email, name, person.role, partners, password).await?;
            store.insert_user(&account, self.ingest.clock.now()).await?;
        } else if forgotten {
            store
                .update_password(&person.email, &auth::hash_password(password).await?)
                .await?;
        }
        Ok(())
    }
}

/// Role, name, address and partners of those who can sign in.
fn staff() -> [(Role, &'static str, &'static str, Vec<&'static str>); 4] {
    [
        (Role::Admin, "Ingrid Solheim", "admin@feedgate.example", vec![]),
        (Role::Staff, "Tomás Pereira", "staff@feedgate.example", vec![]),
        (
            Role::Manager,
            "Claire Dubois",
            "manager@feedgate.example",
            IN_CARE.to_vec(),
        ),
        (
            Role::Partner,
            "Jana Kašpárková",
            "partner@kasparek.example",
            vec![PARTNER],
        ),
    ]
}

/// Twelve characters that cannot be mistaken for one another.
fn new_password() -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut chance = rand::rng();
    let mut letter = || char::from(LETTERS[chance.random_range(0..LETTERS.len())]);
    let mut group = || (0..4).map(|_| letter()).collect::<String>();
    [group(), group(), group()].join("-")
}

fn write_for_us_alone(file: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(file)?;
    file.write_all(text)
}

/// The real catalogue file of a partner, with its name: damaged where that is the partner's manner.
fn catalogue_file(member: &Member) -> anyhow::Result<(String, Vec<u8>)> {
    let faulty = match (member.slug, member.manner) {
        (PARTNER, _) => 40,
        (_, Manner::Careless) => 80,
        ("papeterie", _) => 0,
        _ => 15,
    };
    let catalogue = Catalogue {
        member,
        version: 1,
        faulty,
    };
    let mut bytes = Vec::new();
    let all = (1..=u64::from(member.records)).map(|number| catalogue.product(number));
    products::write(&mut bytes, member.format, member, all)?;
    let slug = member.slug;
    Ok(match (member.manner, member.format) {
        (Manner::Failing, Format::Csv) => (format!("{slug}_products.csv"), SIGN_IN_PAGE.into()),
        (Manner::Failing, _) => {
            bytes.truncate(bytes.len() * 3 / 5);
            (format!("{slug}_products.xml"), bytes)
        }
        (_, Format::Csv) => (format!("{slug}_products.csv"), bytes),
        (_, Format::Tsv) => (format!("{slug}_products.txt"), bytes),
        _ => {
            let mut packed = GzEncoder::new(Vec::new(), Compression::default());
            packed.write_all(&bytes)?;
            (format!("{slug}_products.xml.gz"), packed.finish()?)
        }
    })
}

/// What a partner's server answers when its feed has moved behind a login.
const SIGN_IN_PAGE: &[u8] = b"<!DOCTYPE html>
<html lang=\"en\">
<head><title>Sign in to your shop</title></head>
<body><form method=\"post\"><h1>Your session has ended</h1><p>Please sign in again.</p></form></body>
</html>
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_enough_and_new_each_time() {
        let (one, other) = (new_password(), new_password());
        assert!(one.len() >= auth::PASSWORD_MIN);
        assert_ne!(one, other);
    }

    #[test]
    fn a_catalogue_is_the_same_file_on_every_day() {
        for member in CAST.iter().filter(|member| member.is_real()) {
            let first = catalogue_file(member).expect("writes to memory");
            assert_eq!(first, catalogue_file(member).expect("writes to memory"));
        }
    }
}
