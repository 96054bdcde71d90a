//! Goes through what two real shops sent, file by file, accidents among it, where the folder of
//! real feeds is there: what becomes of a catalogue when files shrink, break off and come back.
//!
//! Where products are counted, ids and prices alone are taken over into files of ours, so that no
//! other fault of theirs blurs the counts; then the files are taken in as they were sent.

use crate::support::app::App;
use crate::support::files::{Files, a_record};
use crate::support::real;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use feedgate::domain::account::Scope;
use feedgate::domain::contract::{Contract, Level, Override, Rule, rules};
use feedgate::domain::feed::Feed;
use feedgate::domain::hold::{Ruling, Stage};
use feedgate::domain::ids::{DeliveryId, FeedId};
use feedgate::domain::profile::Profile;
use feedgate::domain::report::Verdict;
use feedgate::server::pipeline::hold;
use flate2::read::GzDecoder;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A product as a shop said it: its id and its price.
type Said = (String, String);

/// What a file says, or none where it is no catalogue at all.
type Understand = fn(&str) -> Option<Vec<Said>>;

/// Idealo's thirty columns; the first is the id, the sixth the price.
fn idealo(text: &str) -> Option<Vec<Said>> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    if reader.headers().ok()?.len() != 30 {
        return None;
    }
    let of = |row: &csv::StringRecord, place| row.get(place).unwrap_or_default().to_owned();
    let rows = reader.records().filter_map(Result::ok);
    Some(rows.map(|row| (of(&row, 0), of(&row, 5))).collect())
}

/// Ceneo's offers: `<o id="…" price="…">`.
fn ceneo(text: &str) -> Option<Vec<Said>> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(text);
    let mut said = Vec::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) if tag.name().as_ref() == b"o" => {
                let of = |name: &str| -> Option<String> {
                    let value = tag.try_get_attribute(name).ok()??;
                    Some(String::from_utf8_lossy(&value.value).into_owned())
                };
                said.push((of("id")?, of("price")?));
            }
            Event::Eof => return Some(said),
            _ => {}
        }
    }
}

/// What the test expects of one file, and what somebody does then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// It takes effect.
    Accepted,
    /// It is damaged or empty.
    Refused,
    /// A gate holds it, and nobody rules on it.
    Held,
    /// A gate holds it, and somebody releases it.
    Released,
}

/// A shop's history on its way through the gates.
struct Story {
    app: App,
    files: Files,
    feed: Feed,
    /// None where files are taken in as they were sent, through the feed's profile.
    understand: Option<Understand>,
    began: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Story {
    async fn begin(understand: Understand) -> Self {
        let app = App::start().await;
        let feed = app.partner("acme").await;
        Self {
            app,
            files: Files::new(),
            feed,
            understand: Some(understand),
            began: None,
        }
    }

    /// The same with files as they were sent. What stands in for a GTIN there is let pass with a
    /// warning, as one would agree with such a shop.
    async fn begin_through(profile: &str) -> Self {
        let app = App::start().await;
        let main = app.partner("acme").await.id;
        let warn = |rule: &Rule| (rule.code.to_owned(), Override::level(Level::Warning));
        let gtins = rules().filter(|rule| rule.code.starts_with("GTIN_"));
        let feed = Feed {
            profile: Profile::named(profile).expect("it is shipped"),
            contract: Contract {
                rules: gtins.map(warn).collect(),
                ..Contract::default()
            },
            ..Feed::new(FeedId::of(&main.partner(), "shop").expect("a slug"))
        };
        app.store.insert_feed(&feed).await.expect("a feed");
        Self {
            app,
            files: Files::new(),
            feed,
            understand: None,
            began: None,
        }
    }

    /// Lets as much time pass as passed between the first file and this one.
    fn wait_for(&mut self, file: &Path) {
        let name = file.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
        let at = name.get(..17).expect("a time in the name");
        let at = NaiveDateTime::parse_from_str(at, "%Y-%m-%dT%H%M%S").expect("a time");
        let (first, start) = *self.began.get_or_insert((at.and_utc(), self.app.clock.now()));
        let due = start + (at.and_utc() - first);
        self.app
            .clock
            .advance((due - self.app.clock.now()).max(TimeDelta::zero()));
    }

    /// The file in our own words; as it is where it is no catalogue or nobody translates.
    fn translated(&self, file: &Path) -> PathBuf {
        let Some(understand) = self.understand else {
            return file.to_owned();
        };
        let mut text = String::new();
        GzDecoder::new(File::open(file).expect("readable"))
            .read_to_string(&mut text)
            .expect("UTF-8");
        let Some(said) = understand(&text) else {
            return self.files.bytes("file.csv", text.as_bytes());
        };
        let record = |(id, price): (String, String)| {
            // A price of nothing would hold its record, which is another story.
            let price = price
                .parse::<f64>()
                .ok()
                .filter(|price| *price > 0.0)
                .unwrap_or(1.0);
            a_record(1)
                .with("id", &id)
                .with("price", &format!("{price:.2} EUR"))
                .with("gtin", "")
        };
        let records: Vec<_> = said.into_iter().map(record).collect();
        self.files.csv("file.csv", &records)
    }

    async fn live(&self) -> u64 {
        let count = self.app.store.count_items(&Scope::All, &self.feed.id).await;
        count.expect("a count")
    }

    async fn stage(&self, id: &DeliveryId) -> Option<Stage> {
        let found = self.app.store.find_delivery(&Scope::All, id).await;
        let (delivery, _) = found.expect("a look").expect("logged");
        delivery.hold.map(|hold| hold.stage)
    }

    /// Takes one file in, and does with it what `then` says; gives its delivery.
    async fn take(&mut self, file: &Path, then: Then) -> DeliveryId {
        self.wait_for(file);
        let before = self.live().await;
        let ours = self.translated(file);
        let done = self.app.take_in(&self.feed, &ours).await;
        let verdict = match then {
            Then::Accepted => Verdict::Accepted,
            Then::Refused => Verdict::Refused,
            Then::Held | Then::Released => Verdict::Held,
        };
        let told = &done.report.file;
        assert_eq!(told.verdict, verdict, "{}: {:?}", file.display(), told.message);
        if verdict != Verdict::Accepted {
            assert_eq!(
                self.live().await,
                before,
                "{} changed the catalogue",
                file.display()
            );
        }
        if then == Then::Released {
            let ruling = Ruling {
                by: "Ines".to_owned(),
                at: self.app.clock.now(),
                reason: "the shop says that it is so".to_owned(),
            };
            let released =
                hold::release(&self.app.ingest(), &Scope::All, &done.delivery, &ours, &ruling).await;
            released.expect("released");
        }
        done.delivery
    }
}

#[tokio::test]
async fn files_cut_short_and_empty_ones_never_emptied_the_catalogue_of_a_school_shop() {
    let Some(files) = real::history("abcescolar_pt_idealo_csv_xml") else {
        return;
    };
    let mut story = Story::begin(idealo).await;
    let mut last = Vec::new();
    for (file, (then, live)) in files.iter().zip(SCHOOL) {
        let id = story.take(file, then).await;
        assert_eq!(story.live().await, live, "after {}", file.display());
        last.push((id, then));
    }
    assert_eq!(last.len(), 20);
    for (id, then) in last {
        let expected = match then {
            Then::Held => Some(Stage::Superseded),
            Then::Released => Some(Stage::Released),
            Then::Accepted | Then::Refused => None,
        };
        assert_eq!(story.stage(&id).await, expected);
    }
}

#[tokio::test]
async fn a_catalogue_that_shrank_for_good_shrinks_when_somebody_says_so_and_goes_on_from_there() {
    let Some(files) = real::history("kompre_pl_ceneo_xml") else {
        return;
    };
    let mut story = Story::begin(ceneo).await;
    let mut taken = 0;
    for (file, (then, live)) in files.iter().zip(COMPUTERS) {
        story.take(file, then).await;
        assert_eq!(story.live().await, live, "after {}", file.display());
        taken += 1;
    }
    assert_eq!(taken, 24);
}

/// What becomes of each file of the school shop, and how many products are live then.
const SCHOOL: [(Then, u64); 20] = [
    // Two tries of an export before there was one.
    (Then::Refused, 0),
    (Then::Refused, 0),
    (Then::Accepted, 1255),
    // Headers and nothing else.
    (Then::Refused, 1255),
    (Then::Accepted, 1255),
    // Every product under another id, on purpose.
    (Then::Released, 1645),
    (Then::Accepted, 1645),
    // The old ids again, and four minutes later both kinds together.
    (Then::Held, 1645),
    (Then::Accepted, 2908),
    (Then::Released, 1657),
    (Then::Accepted, 1657),
    (Then::Refused, 1657),
    (Then::Accepted, 1657),
    // The day of six exports, of which five broke off.
    (Then::Refused, 1657),
    (Then::Held, 1657),
    (Then::Held, 1657),
    (Then::Held, 1657),
    (Then::Held, 1657),
    (Then::Held, 1657),
    (Then::Accepted, 1673),
];

/// The same of the shop of used computers, whose range shrank for good.
const COMPUTERS: [(Then, u64); 24] = [
    (Then::Accepted, 1077),
    // 252 of 1,077 offers gone in eight minutes.
    (Then::Released, 825),
    (Then::Accepted, 825),
    (Then::Accepted, 825),
    (Then::Accepted, 825),
    (Then::Released, 367),
    (Then::Accepted, 365),
    (Then::Accepted, 361),
    (Then::Accepted, 360),
    (Then::Released, 155),
    (Then::Released, 112),
    (Then::Accepted, 113),
    (Then::Accepted, 114),
    (Then::Accepted, 102),
    (Then::Accepted, 95),
    (Then::Accepted, 93),
    (Then::Accepted, 92),
    (Then::Accepted, 90),
    (Then::Accepted, 88),
    (Then::Accepted, 90),
    (Then::Accepted, 92),
    (Then::Accepted, 79),
    (Then::Accepted, 77),
    (Then::Accepted, 81),
];

#[tokio::test]
async fn read_through_the_profiles_of_their_sites_the_same_files_are_held() {
    for (folder, profile, then) in [
        (
            "abcescolar_pt_idealo_csv_xml",
            "idealo",
            SCHOOL.map(|(then, _)| then).to_vec(),
        ),
        (
            "kompre_pl_ceneo_xml",
            "ceneo",
            COMPUTERS.map(|(then, _)| then).to_vec(),
        ),
    ] {
        let Some(files) = real::history(folder) else {
            continue;
        };
        assert_eq!(files.len(), then.len(), "{folder}");
        let mut story = Story::begin_through(profile).await;
        for (file, then) in files.iter().zip(then) {
            story.take(file, then).await;
        }
        assert!(story.live().await > 50, "{folder}");
    }
}

#[tokio::test]
async fn without_a_ruling_no_accident_withdraws_a_product_however_often_it_comes() {
    let Some(files) = real::history("kompre_pl_ceneo_xml") else {
        return;
    };
    let mut story = Story::begin(ceneo).await;
    story.take(&files[0], Then::Accepted).await;
    for file in &files[1..] {
        let id = story.take(file, Then::Held).await;
        assert_eq!(story.live().await, 1077, "after {}", file.display());
        assert_eq!(story.stage(&id).await, Some(Stage::Waiting));
    }
}
