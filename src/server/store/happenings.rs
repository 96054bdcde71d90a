//! Finds what happened in a stretch of time that charts should mark: replays, holds and rulings on
//! them, changes of contracts and profiles.
//!
//! Each is rare beside the files of the log, and has an index of its own that knows nothing of the
//! others, so that a year is searched as fast as a day.

use super::deliveries::DeliveryDoc;
use super::{Result, Store, scope, when};
use crate::domain::account::Scope;
use crate::domain::delivery::Delivery;
use crate::domain::happening::{Happening, What};
use crate::domain::hold::Stage;
use crate::domain::ids::{FeedId, PartnerId};
use crate::domain::query::Span;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use mongodb::IndexModel;
use mongodb::bson::{Document, doc};
use mongodb::options::IndexOptions;
use serde::Deserialize;

/// A version of a contract or a profile, as far as a mark tells of it.
#[derive(Deserialize)]
struct VersionDoc {
    feed: String,
    version: u32,
    reason: String,
    #[serde(with = "when")]
    at: DateTime<Utc>,
}

impl Store {
    /// Makes the indexes that these questions need.
    pub(super) async fn index_happenings(&self) -> Result<()> {
        let replays = IndexOptions::builder()
            .partial_filter_expression(doc! {"origin.kind": "replay"})
            .name("replays".to_owned())
            .build();
        let sparse = || IndexOptions::builder().sparse(true).build();
        let models = [
            (doc! {"origin.kind": 1, "received_at": -1}, replays),
            (doc! {"hold.since": -1}, sparse()),
            (doc! {"hold.ruling.at": -1}, sparse()),
        ];
        let models = models.map(|(keys, options)| IndexModel::builder().keys(keys).options(options).build());
        self.collection::<Document>("deliveries")
            .create_indexes(models)
            .await?;
        for versions in ["contracts", "profiles"] {
            self.index(versions, &[doc! {"at": -1}]).await?;
        }
        Ok(())
    }

    /// Lists what happened in the scope, to one partner's feeds where it is named, the newest
    /// first; of each kind no more than `most`.
    pub async fn list_happenings(
        &self,
        scope: &Scope,
        partner: Option<&PartnerId>,
        span: Span,
        most: i64,
    ) -> Result<Vec<Happening>> {
        let narrow = |query| scope::narrow(query, scope, partner);
        let replays = narrow(doc! {"origin.kind": "replay", "received_at": within(span)});
        let held = narrow(doc! {"hold.since": within(span)});
        let ruled = narrow(doc! {"hold.ruling.at": within(span)});
        let changed = narrow(doc! {"at": within(span)});
        let (replays, held, ruled, contracts, profiles) = tokio::try_join!(
            self.list_marked(replays, "received_at", most),
            self.list_marked(held, "hold.since", most),
            self.list_marked(ruled, "hold.ruling.at", most),
            self.list_versions("contracts", changed.clone(), most),
            self.list_versions("profiles", changed, most),
        )?;
        let mut found: Vec<Happening> = replays.into_iter().map(replayed).collect();
        found.extend(held.into_iter().filter_map(was_held));
        found.extend(ruled.into_iter().filter_map(was_ruled_on));
        found.extend(contracts.into_iter().map(|v| Happening {
            at: v.at,
            feed: FeedId::new(v.feed),
            what: What::Contract {
                version: v.version,
                reason: v.reason,
            },
        }));
        found.extend(profiles.into_iter().map(|v| Happening {
            at: v.at,
            feed: FeedId::new(v.feed),
            what: What::Profile {
                version: v.version,
                reason: v.reason,
            },
        }));
        found.sort_by_key(|happening| std::cmp::Reverse(happening.at));
        Ok(found)
    }

    async fn list_marked(&self, query: Document, by: &str, most: i64) -> Result<Vec<Delivery>> {
        let found: Vec<DeliveryDoc> = self
            .collection::<DeliveryDoc>("deliveries")
            .find(query)
            .projection(doc! {"samples": 0})
            .sort(doc! {by: -1})
            .limit(most)
            .await?
            .try_collect()
            .await?;
        Ok(found.into_iter().map(Delivery::from).collect())
    }

    async fn list_versions(&self, versions: &str, query: Document, most: i64) -> Result<Vec<VersionDoc>> {
        let found = self
            .collection::<VersionDoc>(versions)
            .find(query)
            .projection(doc! {"feed": 1, "version": 1, "reason": 1, "at": 1})
            .sort(doc! {"at": -1})
            .limit(most)
            .await?;
        Ok(found.try_collect().await?)
    }
}

fn within(span: Span) -> Document {
    doc! {"$gte": when::bson(span.from), "$lt": when::bson(span.until)}
}

fn replayed(delivery: Delivery) -> Happening {
    Happening {
        at: delivery.received_at,
        feed: delivery.feed,
        what: What::Replay {
            delivery: delivery.id,
            sent: delivery.counts.received,
            passed: delivery.counts.accepted + delivery.counts.unchanged,
        },
    }
}

fn was_held(delivery: Delivery) -> Option<Happening> {
    Some(Happening {
        at: delivery.hold.as_ref()?.since?,
        feed: delivery.feed,
        what: What::Held {
            delivery: delivery.id,
            code: delivery
                .gate
                .as_ref()
                .and_then(|gate| gate.reason())
                .map(|finding| finding.code.to_string())
                .unwrap_or_default(),
        },
    })
}

fn was_ruled_on(delivery: Delivery) -> Option<Happening> {
    let hold = delivery.hold?;
    let ruling = hold.ruling?;
    let (feed, delivery, reason) = (delivery.feed, delivery.id, ruling.reason);
    Some(Happening {
        at: ruling.at,
        feed,
        what: if hold.stage == Stage::Refused {
            What::Refused { delivery, reason }
        } else {
            What::Released { delivery, reason }
        },
    })
}
