//! Counts in MongoDB, as somebody does who has nothing but a shell.

use crate::support::app::App;
use crate::support::mongo;
use chrono::{DateTime, Utc};
use feedgate::domain::ids::DeliveryId;
use futures::TryStreamExt;
use mongodb::bson::{DateTime as BsonTime, Document, doc};

/// The database as another program sees it.
pub struct Log(mongodb::Database);

/// What entries of the log add up to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Sums {
    pub entries: u64,
    pub received: u64,
    pub accepted: u64,
    pub unchanged: u64,
    pub quarantined: u64,
    pub warned: u64,
}

/// One entry of the log.
#[derive(Debug)]
pub struct Entry {
    pub received_at: DateTime<Utc>,
    pub decided_at: Option<DateTime<Utc>>,
    pub feed: String,
    pub file: String,
    pub status: String,
    pub direction: String,
    pub sums: Sums,
}

impl Entry {
    pub fn took_ms(&self) -> Option<u64> {
        let took = (self.decided_at? - self.received_at).num_milliseconds();
        Some(u64::try_from(took).expect("a length"))
    }
}

impl Sums {
    pub fn rate(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a rate of small counts")]
        (self.received > 0).then(|| self.quarantined as f64 / self.received as f64)
    }
}

/// Files that came and whose time of receipt lies in a stretch.
pub fn files(from: DateTime<Utc>, until: DateTime<Utc>) -> Document {
    let at = |time: DateTime<Utc>| BsonTime::from_millis(time.timestamp_millis());
    doc! {
        "direction": "ingest",
        "origin.kind": "file",
        "received_at": {"$gte": at(from), "$lt": at(until)},
    }
}

/// A query with more conditions.
pub fn and(mut query: Document, more: Document) -> Document {
    query.extend(more);
    query
}

impl Log {
    pub async fn of(app: &App) -> Self {
        let client = mongodb::Client::with_uri_str(mongo::uri())
            .await
            .expect("a connection");
        Self(client.database(&app.database))
    }

    async fn all(&self, collection: &str, query: Document) -> Vec<Document> {
        #[expect(
            clippy::disallowed_methods,
            reason = "somebody who knows nothing of our store"
        )]
        let collection = self.0.collection::<Document>(collection);
        let found = collection.find(query).await.expect("an answer");
        found.try_collect().await.expect("documents")
    }

    /// How many documents there are.
    pub async fn count(&self, collection: &str, query: Document) -> u64 {
        self.all(collection, query).await.len() as u64
    }

    /// What the decided ones among the entries add up to, by the database's own arithmetic.
    pub async fn sum(&self, query: Document) -> Sums {
        let n = |name: &str| doc! {"$sum": format!("$counts.{name}")};
        let group = doc! {
            "_id": null,
            "entries": {"$sum": 1_i64},
            "received": n("received"),
            "accepted": n("accepted"),
            "unchanged": n("unchanged"),
            "quarantined": n("quarantined"),
            "warned": n("warned"),
        };
        let decided = and(query, doc! {"status": "accepted"});
        #[expect(
            clippy::disallowed_methods,
            reason = "somebody who knows nothing of our store"
        )]
        let deliveries = self.0.collection::<Document>("deliveries");
        let stages = [doc! {"$match": decided}, doc! {"$group": group}];
        let mut found = deliveries.aggregate(stages).await.expect("an answer");
        let Some(sums) = found.try_next().await.expect("a document") else {
            return Sums::default();
        };
        Sums {
            entries: whole(&sums, "entries"),
            received: whole(&sums, "received"),
            accepted: whole(&sums, "accepted"),
            unchanged: whole(&sums, "unchanged"),
            quarantined: whole(&sums, "quarantined"),
            warned: whole(&sums, "warned"),
        }
    }

    /// What the entries that failed a rule say of it, and how many records that were.
    pub async fn failed(&self, query: Document, code: &str) -> u64 {
        let mut records = 0;
        for entry in self
            .all("deliveries", and(query, doc! {"status": "accepted"}))
            .await
        {
            for found in entry.get_array("codes").expect("codes") {
                let found = found.as_document().expect("a code");
                if found.get_str("code").ok() == Some(code) {
                    records += whole(found, "records");
                }
            }
        }
        records
    }

    /// An entry as it stands.
    pub async fn entry(&self, id: &DeliveryId) -> Document {
        let mut found = self.all("deliveries", doc! {"_id": id.as_str()}).await;
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    /// Entries of any kind in a stretch, the newest first.
    pub async fn newest(&self, whose: &Document, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Entry> {
        let mut query = files(from, until);
        for kind in ["direction", "origin.kind"] {
            query.remove(kind);
        }
        let found = self.all("deliveries", and(query, whose.clone())).await;
        let mut entries: Vec<Entry> = found
            .iter()
            .map(|e| Entry {
                received_at: time(e, "received_at").expect("a time"),
                decided_at: time(e, "decided_at"),
                feed: e.get_str("feed").expect("a feed").to_owned(),
                file: e
                    .get_document("file")
                    .and_then(|f| f.get_str("name"))
                    .expect("a name")
                    .to_owned(),
                status: e.get_str("status").expect("a status").to_owned(),
                direction: e.get_str("direction").expect("a direction").to_owned(),
                sums: sums_of(e),
            })
            .collect();
        entries.sort_by_key(|e| std::cmp::Reverse(e.received_at));
        entries
    }

    /// Milliseconds from receipt to decision, the shortest first.
    pub async fn latencies(&self, query: Document) -> Vec<u64> {
        let decided = and(query, doc! {"decided_at": {"$ne": null}});
        let entries = self.all("deliveries", decided).await;
        let took = |e: &Document| Some((time(e, "decided_at")? - time(e, "received_at")?).num_milliseconds());
        let mut found: Vec<u64> = entries
            .iter()
            .map(|e| took(e).and_then(|ms| u64::try_from(ms).ok()).expect("a length"))
            .collect();
        found.sort_unstable();
        found
    }
}

/// A time of a document; none where it has none.
pub fn time(document: &Document, name: &str) -> Option<DateTime<Utc>> {
    let at = document.get_datetime(name).ok()?;
    DateTime::from_timestamp_millis(at.timestamp_millis())
}

fn sums_of(entry: &Document) -> Sums {
    let counts = entry.get_document("counts").expect("counts");
    Sums {
        entries: 1,
        received: whole(counts, "received"),
        accepted: whole(counts, "accepted"),
        unchanged: whole(counts, "unchanged"),
        quarantined: whole(counts, "quarantined"),
        warned: whole(counts, "warned"),
    }
}

/// A count of a document, however the database holds it.
pub fn whole(document: &Document, name: &str) -> u64 {
    let n = document.get(name).expect("a count");
    let n = n.as_i64().or_else(|| n.as_i32().map(i64::from));
    u64::try_from(n.expect("a whole number")).expect("a count")
}

/// The duration that a share of all do not exceed; none of none.
pub fn percentile(sorted: &[u64], share: f64) -> Option<u64> {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small index"
    )]
    let rank = (share * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted.get(rank - 1).copied()
}

/// Ensures that a duration on a page is this one, as exactly as it is promised: within 2 %, and
/// what writing it with so few digits takes away.
pub fn ensure_near(written: &str, expected: Option<u64>) {
    let Some(expected) = expected else {
        assert_eq!(written, "–");
        return;
    };
    let (number, unit) = written
        .split_once(' ')
        .unwrap_or_else(|| panic!("“{written}” is no duration"));
    let (unit_ms, digit_ms) = match unit {
        "ms" => (1.0, 1.0),
        "s" => (1000.0, 100.0),
        "min" => (60_000.0, 60_000.0),
        _ => (3_600_000.0, 3_600_000.0),
    };
    let found = number.parse::<f64>().expect("a number") * unit_ms;
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a few days")]
    let expected = expected as f64;
    assert!(
        (found - expected).abs() <= expected * 0.02 + digit_ms,
        "“{written}” is not within 2 % of {expected} ms"
    );
}
