//! Writes what a delivery adds to the rollups as named parts that can be added and taken away.
//!
//! A part is a path and a whole number: `n/received` → 120, `lat/175` → 1 (a bucket of the
//! latency histogram), `codes/GTIN_CHECK|error|gtin/records` → 3. The same paths, with points,
//! are the fields of a rollup's document, so a change is one `$inc`.

use crate::domain::delivery::Delivery;
use crate::domain::report::{CodeCount, Counts};
use crate::domain::rollup::{BucketSize, Latencies, Rollup};
use crate::domain::violation::Severity;
use crate::server::store::{Error, Result, when};
use chrono::{DateTime, Utc};
use mongodb::bson::{Bson, Document, doc};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Parts by path; none of them zero.
pub(super) type Parts = BTreeMap<String, i64>;

/// What one delivery adds, and to which minute of which feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) feed: String,
    pub(super) partner: String,
    pub(super) minute: DateTime<Utc>,
    pub(super) parts: Parts,
}

impl Share {
    /// What the entry adds as it stands; none while nothing of it is final.
    pub(super) fn of(delivery: &Delivery) -> Option<Self> {
        let rollup = Rollup::of(delivery)?;
        let mut parts = Parts::new();
        let mut put = |path: String, n: u64| {
            if n > 0 {
                parts.insert(path, i64::try_from(n).unwrap_or(i64::MAX));
            }
        };
        let c = &rollup.counts;
        for (name, n) in [
            ("deliveries", rollup.deliveries),
            ("refused", rollup.refused),
            ("held", rollup.held),
            ("bytes", rollup.bytes),
            ("received", c.received),
            ("accepted", c.accepted),
            ("unchanged", c.unchanged),
            ("quarantined", c.quarantined),
            ("warned", c.warned),
            ("withdrawn", c.withdrawn),
            ("recovered", rollup.recovered),
            ("exported", rollup.exported),
        ] {
            put(format!("n/{name}"), n);
        }
        for (name, histogram) in [("lat", &rollup.latency), ("xlat", &rollup.export_latency)] {
            for (bucket, n) in histogram.buckets() {
                put(format!("{name}/{bucket}"), n);
            }
        }
        for code in Rollup::codes_of(delivery) {
            let name = escape(&format!(
                "{}|{}|{}",
                code.code,
                code.severity.word(),
                code.attribute.as_deref().unwrap_or_default()
            ));
            put(format!("codes/{name}/records"), code.records);
            put(format!("codes/{name}/occurrences"), code.occurrences);
        }
        Some(Self {
            feed: delivery.feed.to_string(),
            partner: delivery.partner.to_string(),
            minute: rollup.start,
            parts,
        })
    }

    /// The document that remembers this share of the delivery with this id.
    pub(super) fn document(&self, delivery: &str) -> Document {
        doc! {
            "_id": delivery,
            "feed": &self.feed,
            "partner": &self.partner,
            "minute": when::bson(self.minute),
            "parts": written(&self.parts),
        }
    }

    /// Reads such a document back: the delivery's id and its share.
    pub(super) fn read(document: &Document) -> Result<(String, Self)> {
        let text = |name| document.get_str(name).map(str::to_owned).map_err(corrupt);
        let minute = document.get_datetime("minute").map_err(corrupt)?;
        let parts = match document.get("parts") {
            Some(Bson::String(parts)) => read_parts(parts)?,
            // As it was kept before parts were one text.
            Some(Bson::Document(parts)) => parts.iter().map(|(path, n)| (path.clone(), whole(n))).collect(),
            _ => return Err(corrupt("a share has no parts")),
        };
        let share = Self {
            feed: text("feed")?,
            partner: text("partner")?,
            minute: DateTime::from_timestamp_millis(minute.timestamp_millis()).unwrap_or_default(),
            parts,
        };
        Ok((text("_id")?, share))
    }
}

/// Parts as one text, a line each: the database has no use for them one by one, and keeps and
/// reads a text in a tenth of the time that fifty fields take it.
fn written(parts: &Parts) -> String {
    let mut text = String::with_capacity(parts.len() * 24);
    for (path, n) in parts {
        // A name may have a break in it, and no percent sign that is not an escape.
        let path = if path.contains('\n') {
            Cow::Owned(path.replace('\n', "%0A"))
        } else {
            Cow::Borrowed(path)
        };
        let _ = writeln!(text, "{path} {n}");
    }
    text
}

fn read_parts(text: &str) -> Result<Parts> {
    text.lines()
        .map(|line| {
            let (path, n) = line
                .rsplit_once(' ')
                .ok_or_else(|| corrupt("a part has no number"))?;
            Ok((path.replace("%0A", "\n"), n.parse().map_err(corrupt)?))
        })
        .collect()
}

/// What is to be added to which buckets: kept by minutes, of which hours and days are made in the end,
/// for a share is added to one of each.
#[derive(Debug, Default)]
pub(super) struct Changes {
    feeds: BTreeMap<String, OfFeed>,
}

#[derive(Debug)]
struct OfFeed {
    partner: String,
    minutes: BTreeMap<DateTime<Utc>, Parts>,
}

impl Changes {
    /// Adds a share to its minute, hour and day; `sign` is −1 to take it away.
    pub(super) fn add(&mut self, share: &Share, sign: i64) {
        let feed = match self.feeds.get_mut(&share.feed) {
            Some(feed) => feed,
            None => self.feeds.entry(share.feed.clone()).or_insert_with(|| OfFeed {
                partner: share.partner.clone(),
                minutes: BTreeMap::new(),
            }),
        };
        let minute = BucketSize::Minute.floor(share.minute);
        add_parts(feed.minutes.entry(minute).or_default(), &share.parts, sign);
    }

    /// What is left after adding and taking away: by feed, size and start; the partner with it.
    pub(super) fn into_buckets(
        self,
    ) -> impl Iterator<Item = ((String, BucketSize, DateTime<Utc>), (String, Parts))> {
        self.feeds
            .into_iter()
            .flat_map(|(feed, OfFeed { partner, minutes })| {
                let mut buckets = BTreeMap::<_, Parts>::new();
                for (minute, parts) in minutes {
                    for size in [BucketSize::Hour, BucketSize::Day] {
                        add_parts(buckets.entry((size, size.floor(minute))).or_default(), &parts, 1);
                    }
                    buckets.insert((BucketSize::Minute, minute), parts);
                }
                buckets.into_iter().filter_map(move |((size, start), mut parts)| {
                    parts.retain(|_, n| *n != 0);
                    (!parts.is_empty()).then(|| ((feed.clone(), size, start), (partner.clone(), parts)))
                })
            })
    }
}

fn add_parts(sum: &mut Parts, parts: &Parts, sign: i64) {
    for (path, n) in parts {
        // Most are there already, and need no name of their own.
        match sum.get_mut(path) {
            Some(sum) => *sum += sign * n,
            None => {
                sum.insert(path.clone(), sign * n);
            }
        }
    }
}

/// The key of a rollup's document.
pub(super) fn bucket_key(feed: &str, size: BucketSize, start: DateTime<Utc>) -> String {
    format!("{feed} {} {}", size.word(), start.timestamp())
}

/// The parts of a rollup's document.
pub(super) fn parts_of(document: &Document) -> Parts {
    let mut parts = Parts::new();
    for group in ["n", "lat", "xlat", "codes"] {
        let Ok(fields) = document.get_document(group) else {
            continue;
        };
        for (name, value) in fields {
            if let Bson::Document(code) = value {
                for (what, n) in code {
                    parts.insert(format!("{group}/{name}/{what}"), whole(n));
                }
            } else {
                parts.insert(format!("{group}/{name}"), whole(value));
            }
        }
    }
    parts.retain(|_, n| *n != 0);
    parts
}

/// The fields of a rollup's document that holds these parts.
pub(super) fn fields_of(parts: &Parts) -> Document {
    let mut groups = Document::new();
    for (path, n) in parts {
        let mut steps = path.splitn(2, '/');
        let (group, rest) = (steps.next().unwrap_or_default(), steps.next().unwrap_or_default());
        let Ok(fields) = entry(&mut groups, group) else {
            continue;
        };
        match rest.rsplit_once('/') {
            Some((name, what)) if group == "codes" => {
                if let Ok(code) = entry(fields, name) {
                    code.insert(what, *n);
                }
            }
            _ => {
                fields.insert(rest, *n);
            }
        }
    }
    groups
}

fn entry<'a>(document: &'a mut Document, name: &str) -> std::result::Result<&'a mut Document, Error> {
    if !document.contains_key(name) {
        document.insert(name, Document::new());
    }
    document.get_document_mut(name).map_err(corrupt)
}

/// The path of a part as a field's name in an update.
pub(super) fn field(path: &str) -> String {
    path.replace('/', ".")
}

/// A rollup as its document's parts say.
pub(super) fn rollup(start: DateTime<Utc>, parts: &Parts) -> Rollup {
    let n = |name: &str| parts.get(&format!("n/{name}")).map_or(0, |n| count(*n));
    let histogram = |group: &str| -> Latencies {
        parts
            .iter()
            .filter_map(|(path, n)| {
                let bucket = path.strip_prefix(group)?.strip_prefix('/')?;
                Some((bucket.parse().ok()?, count(*n)))
            })
            .collect()
    };
    Rollup {
        deliveries: n("deliveries"),
        refused: n("refused"),
        held: n("held"),
        bytes: n("bytes"),
        counts: Counts {
            received: n("received"),
            accepted: n("accepted"),
            unchanged: n("unchanged"),
            quarantined: n("quarantined"),
            warned: n("warned"),
            withdrawn: n("withdrawn"),
        },
        recovered: n("recovered"),
        exported: n("exported"),
        latency: histogram("lat"),
        export_latency: histogram("xlat"),
        ..Rollup::empty(start)
    }
}

/// The codes among parts, the most records first.
pub(super) fn codes(parts: &Parts) -> Vec<CodeCount> {
    let mut codes = BTreeMap::<&str, CodeCount>::new();
    for (path, n) in parts {
        let Some((name, what)) = path.strip_prefix("codes/").and_then(|p| p.rsplit_once('/')) else {
            continue;
        };
        let written = unescape(name);
        let mut words = written.splitn(3, '|');
        let (Some(code), Some(severity), Some(attribute)) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        let Some(severity) = Severity::parse(severity) else {
            continue;
        };
        let entry = codes.entry(name).or_insert_with(|| CodeCount {
            code: Cow::Owned(code.to_owned()),
            severity,
            attribute: (!attribute.is_empty()).then(|| Cow::Owned(attribute.to_owned())),
            records: 0,
            occurrences: 0,
        });
        match what {
            "records" => entry.records += count(*n),
            _ => entry.occurrences += count(*n),
        }
    }
    let mut codes: Vec<_> = codes.into_values().filter(|c| c.records > 0).collect();
    codes.sort_by(|a, b| b.records.cmp(&a.records).then_with(|| a.code.cmp(&b.code)));
    codes
}

/// Names of foreign writers' codes and attributes may hold what a field's name may not.
fn escape(name: &str) -> String {
    name.replace('%', "%25")
        .replace('.', "%2E")
        .replace('$', "%24")
        .replace('/', "%2F")
        .replace('\0', "%00")
}

fn unescape(name: &str) -> String {
    name.replace("%00", "\0")
        .replace("%2F", "/")
        .replace("%24", "$")
        .replace("%2E", ".")
        .replace("%25", "%")
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

fn whole(n: &Bson) -> i64 {
    n.as_i64().or_else(|| n.as_i32().map(i64::from)).unwrap_or(0)
}

fn corrupt(error: impl std::fmt::Display) -> Error {
    Error::Corrupt(format!("a rollup: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_code_survives_being_a_fields_name(code in "[A-Z_]{1,20}", attribute in "[^|]{0,20}") {
            let parts = Parts::from([(format!("codes/{}/records", escape(&format!("{code}|error|{attribute}"))), 3)]);
            let read = codes(&parts_of(&fields_of(&parts)));
            prop_assert_eq!(read.len(), 1);
            prop_assert_eq!(&read[0].code, &code);
            prop_assert_eq!(read[0].attribute.as_deref().unwrap_or_default(), attribute);
        }

        #[test]
        fn parts_survive_being_a_text(names in prop::collection::vec("[^|]{0,12}", 0..8), n in -9i64..1_000_000) {
            let parts: Parts = names
                .iter()
                .map(|name| (format!("codes/{}/records", escape(&format!("A|error|{name}"))), n))
                .collect();
            prop_assert_eq!(read_parts(&written(&parts)).expect("parts"), parts);
        }

        #[test]
        fn a_share_is_added_to_its_minute_its_hour_and_its_day_and_what_is_taken_away_is_gone(
            shares in prop::collection::vec(("[ab]/main", 0i64..200_000, 1i64..9, any::<bool>()), 0..40),
        ) {
            let (mut changes, mut expected) = (Changes::default(), BTreeMap::new());
            for (feed, second, n, stays) in shares {
                let at = DateTime::from_timestamp(second, 0).unwrap_or_default();
                let share = Share {
                    partner: feed[..1].to_owned(),
                    minute: BucketSize::Minute.floor(at),
                    parts: Parts::from([("n/received".to_owned(), n), (format!("lat/{n}"), 1)]),
                    feed,
                };
                changes.add(&share, 1);
                if !stays {
                    changes.add(&share, -1);
                    continue;
                }
                for size in BucketSize::ALL {
                    let of = (share.feed.clone(), size, size.floor(at));
                    let (_, sum) = expected.entry(of).or_insert_with(|| (share.partner.clone(), Parts::new()));
                    for (path, n) in &share.parts {
                        *sum.entry(path.clone()).or_insert(0) += n;
                    }
                }
            }
            let buckets: Vec<_> = changes.into_buckets().collect();
            prop_assert_eq!(buckets, expected.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn parts_survive_being_a_document(n in prop::collection::btree_map("(n|lat|xlat)/[a-z0-9]{1,6}", 1i64..1_000_000, 0..20)) {
            prop_assert_eq!(parts_of(&fields_of(&n)), n);
        }
    }
}
