//! Writes entries that other systems send into the audit log, each once however often it is sent.

use super::deliveries::DeliveryDoc;
use super::{Result, Store};
use crate::domain::delivery::Delivery;
use crate::domain::ids::FeedId;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use mongodb::bson::doc;
use mongodb::error::ErrorKind;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What became of one entry that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logged {
    /// It is in the log now.
    New,
    /// It was there, and says the same.
    There,
    /// Another with its id is there; that one stays.
    Conflict,
}

impl Store {
    /// Writes entries that are not there yet, and says of each, in their order, what became of it.
    /// A feed's newest file is noted, unless it lies in the future.
    pub async fn log_deliveries(&self, entries: &[Delivery], now: DateTime<Utc>) -> Result<Vec<Logged>> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let deliveries = self.collection::<DeliveryDoc>("deliveries");
        let docs: Vec<DeliveryDoc> = entries.iter().map(DeliveryDoc::from).collect();
        let there: HashSet<usize> = match deliveries.insert_many(docs).ordered(false).await {
            Ok(_) => HashSet::new(),
            Err(error) => match error.kind.as_ref() {
                ErrorKind::InsertMany(many)
                    if many.write_concern_error.is_none()
                        && many
                            .write_errors
                            .as_ref()
                            .is_some_and(|errors| errors.iter().all(|e| e.code == 11000)) =>
                {
                    many.write_errors.iter().flatten().map(|e| e.index).collect()
                }
                _ => return Err(error.into()),
            },
        };
        let fates = self.fates(entries, &there).await?;
        self.note_newest(entries.iter().zip(&fates), now).await?;
        // Those that were there too, for whoever wrote them may have been cut off before; those that
        // lie in the future say nothing of today.
        let ours = entries
            .iter()
            .zip(&fates)
            .filter(|(entry, fate)| **fate != Logged::Conflict && !entry.is_ahead(now));
        self.fold_logged(ours.map(|(entry, _)| entry), now).await?;
        Ok(fates)
    }

    /// Says of each entry what became of it, knowing the places of those that were `there`.
    async fn fates(&self, entries: &[Delivery], there: &HashSet<usize>) -> Result<Vec<Logged>> {
        if there.is_empty() {
            return Ok(vec![Logged::New; entries.len()]);
        }
        let deliveries = self.collection::<DeliveryDoc>("deliveries");
        let ids: Vec<&str> = there.iter().map(|at| entries[*at].id.as_str()).collect();
        let found: Vec<DeliveryDoc> = deliveries
            .find(doc! {"_id": {"$in": ids}})
            .projection(doc! {"samples": 0})
            .await?
            .try_collect()
            .await?;
        let found: HashMap<String, Delivery> = found
            .into_iter()
            .map(Delivery::from)
            .map(|d| (d.id.to_string(), d))
            .collect();
        let fate = |(at, entry): (usize, &Delivery)| {
            if !there.contains(&at) {
                Logged::New
            } else if found.get(entry.id.as_str()) == Some(entry) {
                Logged::There
            } else {
                Logged::Conflict
            }
        };
        Ok(entries.iter().enumerate().map(fate).collect())
    }

    /// What was there already is noted again, for whoever wrote it may have been cut off before.
    async fn note_newest<'a>(
        &self,
        entries: impl Iterator<Item = (&'a Delivery, &'a Logged)>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mut newest = BTreeMap::<(&FeedId, &str), &Delivery>::new();
        let come = entries.filter(|(entry, fate)| **fate != Logged::Conflict && entry.received_at <= now);
        for (entry, _) in come {
            let of = (&entry.feed, entry.direction.word());
            let last = newest.entry(of).or_insert(entry);
            if entry.received_at > last.received_at {
                *last = entry;
            }
        }
        for last in newest.into_values() {
            self.note_last_going(&last.feed, last.direction, last.received_at, last.status)
                .await?;
        }
        Ok(())
    }
}
