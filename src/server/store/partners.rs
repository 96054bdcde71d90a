//! Keeps partners and their feeds, and lends a feed to one ingest at a time.

use super::{Error, Result, Store, is_duplicate_key, scope, when};
use crate::domain::account::Scope;
use crate::domain::contract::Contract;
use crate::domain::delivery::{Direction, Status};
use crate::domain::feed::{Feed, Mode};
use crate::domain::gate::Gates;
use crate::domain::ids::{DeliveryId, FeedId, PartnerId};
use crate::domain::profile::Profile;
use chrono::{DateTime, TimeDelta, Utc};
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};
use mongodb::results::InsertOneResult;
use serde::{Deserialize, Serialize};

/// A business we exchange feeds with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    /// Its slug.
    pub id: PartnerId,
    /// What it is called.
    pub name: String,
    /// Whether nobody may change what is in its held records.
    pub edits_off: bool,
}

/// A feed and the newest file of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedState {
    /// The feed.
    pub feed: Feed,
    /// When its newest file came, and what became of it.
    pub last: Option<(DateTime<Utc>, Status)>,
    /// Days its held records wait for somebody to act, and since when that is so; none for ever, and
    /// where no worker has said.
    pub keep_held: Option<(u32, DateTime<Utc>)>,
}

#[derive(Serialize, Deserialize)]
struct PartnerDoc {
    #[serde(rename = "_id")]
    id: String,
    name: String,
    #[serde(default)]
    edits_off: bool,
}

impl From<PartnerDoc> for Partner {
    fn from(d: PartnerDoc) -> Self {
        Self {
            id: PartnerId::new(d.id),
            name: d.name,
            edits_off: d.edits_off,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct FeedDoc {
    #[serde(rename = "_id")]
    id: String,
    partner: String,
    direction: Direction,
    expected_every_hours: Option<u32>,
    currency: Option<String>,
    /// As JSON in one string: its keys are partners' own names, which may hold dots and dollars.
    #[serde(default)]
    profile: Option<String>,
    /// None in feeds that were set up before profiles had versions.
    #[serde(default)]
    profile_version: Option<u32>,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    contract: Contract,
    #[serde(default)]
    gates: Gates,
    #[serde(default)]
    pictures: bool,
    #[serde(default)]
    last: Option<LastDoc>,
    #[serde(default)]
    keep_held: Option<KeepDoc>,
}

#[derive(Serialize, Deserialize)]
struct KeepDoc {
    days: u32,
    #[serde(with = "when")]
    since: DateTime<Utc>,
}

#[derive(Serialize, Deserialize)]
struct LastDoc {
    #[serde(with = "when")]
    at: DateTime<Utc>,
    status: Status,
}

impl TryFrom<FeedDoc> for FeedState {
    type Error = Error;

    fn try_from(d: FeedDoc) -> Result<Self> {
        let profile = match d.profile.as_deref() {
            None => Profile::default(),
            Some(json) => serde_json::from_str(json)
                .map_err(|e| Error::Corrupt(format!("the profile of feed {}: {e}", d.id)))?,
        };
        Ok(Self {
            feed: Feed {
                id: FeedId::new(d.id),
                direction: d.direction,
                expected_every_hours: d.expected_every_hours,
                currency: d.currency,
                mode: d.mode,
                profile,
                profile_version: d.profile_version.unwrap_or(1),
                contract: d.contract,
                gates: d.gates,
                pictures: d.pictures,
            },
            last: d.last.map(|l| (l.at, l.status)),
            keep_held: d.keep_held.filter(|k| k.days > 0).map(|k| (k.days, k.since)),
        })
    }
}

pub(super) fn profile_json(feed: &FeedId, profile: &Profile) -> Result<Option<String>> {
    if profile.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(profile)
        .map(Some)
        .map_err(|e| Error::Corrupt(format!("the profile of feed {feed}: {e}")))
}

/// Whether a document was not there before.
fn inserted(result: mongodb::error::Result<InsertOneResult>) -> Result<bool> {
    match result {
        Ok(_) => Ok(true),
        Err(error) if is_duplicate_key(&error) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

impl Store {
    /// Adds a partner; one that is there keeps its name. Whether it is new.
    pub async fn insert_partner(&self, partner: &Partner) -> Result<bool> {
        let doc = PartnerDoc {
            id: partner.id.to_string(),
            name: partner.name.clone(),
            edits_off: partner.edits_off,
        };
        inserted(self.collection::<PartnerDoc>("partners").insert_one(doc).await)
    }

    /// Adds a feed; one that is there stays as it is. Whether it is new.
    pub async fn insert_feed(&self, feed: &Feed) -> Result<bool> {
        let doc = FeedDoc {
            id: feed.id.to_string(),
            partner: feed.id.partner().to_string(),
            direction: feed.direction,
            expected_every_hours: feed.expected_every_hours,
            currency: feed.currency.clone(),
            mode: feed.mode,
            profile: profile_json(&feed.id, &feed.profile)?,
            profile_version: Some(feed.profile_version),
            contract: feed.contract.clone(),
            gates: feed.gates,
            pictures: feed.pictures,
            last: None,
            keep_held: None,
        };
        inserted(self.collection::<FeedDoc>("feeds").insert_one(doc).await)
    }

    /// Finds a partner in the scope.
    pub async fn find_partner(&self, scope: &Scope, id: &PartnerId) -> Result<Option<Partner>> {
        if !scope.covers(id) {
            return Ok(None);
        }
        let found = self
            .collection::<PartnerDoc>("partners")
            .find_one(doc! {"_id": id.as_str()})
            .await?;
        Ok(found.map(Partner::from))
    }

    /// Calls a partner something else, and gives what it was called; none when there is no such
    /// partner.
    pub async fn rename_partner(&self, id: &PartnerId, name: &str) -> Result<Option<String>> {
        let before = self
            .collection::<PartnerDoc>("partners")
            .find_one_and_update(doc! {"_id": id.as_str()}, doc! {"$set": {"name": name}})
            .await?;
        Ok(before.map(|partner| partner.name))
    }

    /// Lets a partner's held records be edited, or not; false when there is no such partner.
    pub async fn switch_edits(&self, id: &PartnerId, off: bool) -> Result<bool> {
        let change = doc! {"$set": {"edits_off": off}};
        let changed = self
            .collection::<Document>("partners")
            .update_one(doc! {"_id": id.as_str()}, change)
            .await?;
        Ok(changed.matched_count == 1)
    }

    /// Lists the partners in the scope by name.
    pub async fn list_partners(&self, scope: &Scope) -> Result<Vec<Partner>> {
        let query = match scope {
            Scope::All => doc! {},
            Scope::Only(ids) => doc! {"_id": {"$in": ids.iter().map(PartnerId::as_str).collect::<Vec<_>>()}},
        };
        let found: Vec<PartnerDoc> = self
            .collection("partners")
            .find(query)
            .sort(doc! {"name": 1})
            .await?
            .try_collect()
            .await?;
        Ok(found.into_iter().map(Partner::from).collect())
    }

    /// Lists the feeds in the scope, of one partner when asked.
    pub async fn list_feeds(&self, scope: &Scope, partner: Option<&PartnerId>) -> Result<Vec<FeedState>> {
        let query = scope::narrow(doc! {}, scope, partner);
        let found: Vec<FeedDoc> = self
            .collection("feeds")
            .find(query)
            .sort(doc! {"_id": 1})
            .await?
            .try_collect()
            .await?;
        found.into_iter().map(FeedState::try_from).collect()
    }

    /// Finds a feed in the scope.
    pub async fn find_feed(&self, scope: &Scope, id: &FeedId) -> Result<Option<FeedState>> {
        if !scope.covers(&id.partner()) {
            return Ok(None);
        }
        self.collection::<FeedDoc>("feeds")
            .find_one(doc! {"_id": id.as_str()})
            .await?
            .map(FeedState::try_from)
            .transpose()
    }

    /// Notes the newest file of a feed; an older one does not take its place.
    pub(super) async fn note_last(&self, feed: &FeedId, at: DateTime<Utc>, status: Status) -> Result<()> {
        self.note_last_going(feed, Direction::Ingest, at, status).await
    }

    /// The same of a file that went this way: one that went the other way says nothing of the feed.
    pub(super) async fn note_last_going(
        &self,
        feed: &FeedId,
        direction: Direction,
        at: DateTime<Utc>,
        status: Status,
    ) -> Result<()> {
        let query = doc! {
            "_id": feed.as_str(),
            "direction": direction.word(),
            "$or": [{"last": null}, {"last.at": {"$lte": when::bson(at)}}],
        };
        let last = doc! {"at": when::bson(at), "status": status.word()};
        self.collection::<FeedDoc>("feeds")
            .update_one(query, doc! {"$set": {"last": last}})
            .await?;
        Ok(())
    }

    /// Lends the feed to a delivery until `now + length`, or gives `Conflict` when another holds
    /// it. The same delivery may ask again, which is how a lease is kept and how a killed
    /// ingest of the same file goes on at once.
    pub async fn lease_feed(
        &self,
        feed: &FeedId,
        holder: &DeliveryId,
        now: DateTime<Utc>,
        length: TimeDelta,
    ) -> Result<()> {
        let free = doc! {
            "_id": feed.as_str(),
            "$or": [{"lease": null}, {"lease.holder": holder.as_str()}, {"lease.until": {"$lt": when::bson(now)}}],
        };
        let lease = doc! {"holder": holder.as_str(), "until": when::bson(now + length)};
        let taken = self
            .collection::<FeedDoc>("feeds")
            .update_one(free, doc! {"$set": {"lease": lease}})
            .await?;
        if taken.matched_count == 1 {
            Ok(())
        } else {
            Err(Error::Conflict {
                what: format!("the lease of {feed}"),
            })
        }
    }

    /// Gives the feed back, if this delivery holds it.
    pub async fn release_feed(&self, feed: &FeedId, holder: &DeliveryId) -> Result<()> {
        let held = doc! {"_id": feed.as_str(), "lease.holder": holder.as_str()};
        self.collection::<FeedDoc>("feeds")
            .update_one(held, doc! {"$unset": {"lease": 1}})
            .await?;
        Ok(())
    }
}
