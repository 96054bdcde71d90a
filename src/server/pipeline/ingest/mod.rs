//! Takes one file in: surveys it, asks the gates, applies it, and writes its delivery.
//!
//! Each step may be the last before somebody pulls the plug:
//!
//! 1. survey the whole file, so that a damaged one is refused before anything is touched, and
//!    remember what it says in 20 bytes a record ([`named`]), and what it holds ([`kept`]);
//! 2. lease the feed, so that one ingest at a time writes it ([`lease`]; what follows is in
//!    [`steps`]);
//! 3. open the delivery as `Processing`, or find the one that an earlier, killed try opened;
//! 4. compare with the catalogue ([`outline`]), and let the gates decide; what is held ends here, and
//!    nothing of it is in effect;
//! 5. apply: read the new and changed records again and write them as items, hold what failed,
//!    set older held versions aside ([`apply`]), and look for prices that jumped ([`jumps`]);
//! 6. withdraw what a whole catalogue no longer names;
//! 7. decide the delivery, which makes its counts final, and end the holds of older files.
//!
//! Steps 3 to 7 name everything by delivery and place in the file, so running them again
//! writes the same things and counts the same numbers; what the gates decided is written down
//! before anything takes effect and is not decided again. Run again after a kill at any
//! instant, an ingest ends as if it had been run once.

mod apply;
mod jumps;
mod kept;
mod lease;
mod lines;
mod named;
mod outline;
mod steps;

use super::gate;
use super::judge;
use super::knowing;
use super::patience::Patience;
use super::survey::{all_cores, survey_making};
use crate::domain::contract::{Checked, Taxonomy, identity};
use crate::domain::delivery::{Delivery, Direction, Origin, Status};
use crate::domain::feed::{Feed, Mode, Terms};
use crate::domain::hold::{Hold, Ruling, Stage};
use crate::domain::ids::DeliveryId;
use crate::domain::record::{RawRecord, Record};
use crate::domain::report::{Counts, Report, Verdict};
use crate::server::clock::Clock;
use crate::server::fresh;
use crate::server::store::{Opening, Store};
use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use kept::{Keeping, Kept};
use named::{Named, Naming};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use lease::Busy;

/// What an ingest did.
#[derive(Debug)]
pub struct Ingested {
    /// Its log entry.
    pub delivery: DeliveryId,
    /// The survey, with the counts of what it did.
    pub report: Report,
}

/// What an ingest works with.
#[derive(Debug, Clone)]
pub struct Ingest {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// How long to wait for an absent database or another ingest of the feed.
    pub patience: Duration,
    /// The categories there are, where they are known.
    pub taxonomy: Option<Arc<Taxonomy>>,
}

/// A file that has been read and checked once.
struct Surveyed {
    terms: Terms,
    report: Report,
    named: Arc<Named>,
    /// None when held records are to be read again.
    kept: Option<Kept>,
}

impl Ingest {
    /// Takes in the file at `path`, which came as `name`.
    pub async fn run(&self, feed: &Feed, path: &Path, name: &str) -> anyhow::Result<Ingested> {
        self.run_anyway(feed, path, name, None).await
    }

    /// Takes in the file of a delivery that is queued, or that an earlier, killed try opened;
    /// `path` is its file, byte for byte.
    pub async fn run_queued(&self, feed: &Feed, path: &Path, queued: &Delivery) -> anyhow::Result<Ingested> {
        let begun = Instant::now();
        let name = &queued.file.name;
        let surveyed = self.survey(feed, path, name, queued.received_at).await?;
        let delivery = if queued.status == Status::Processing {
            tracing::info!(delivery.id = %queued.id, "going on with a delivery that was interrupted");
            queued.clone()
        } else {
            Delivery {
                id: queued.id.clone(),
                ..self.entry(feed, &surveyed.report, queued.received_at)
            }
        };
        self.finish(feed, path, delivery, surveyed, begun).await
    }

    /// The same; with a ruling, the gates are asked and overruled by it.
    pub async fn run_anyway(
        &self,
        feed: &Feed,
        path: &Path,
        name: &str,
        ruling: Option<Ruling>,
    ) -> anyhow::Result<Ingested> {
        let begun = Instant::now();
        let received_at = self.clock.now();
        let mut surveyed = self.survey(feed, path, name, received_at).await?;
        let mut delivery = self.entry(feed, &surveyed.report, received_at);
        delivery.hold = ruling.map(Hold::released);
        if delivery.status == Status::Processing
            && let Some(unfinished) = self.find_unfinished(feed, &surveyed.report).await?
        {
            tracing::info!(delivery.id = %unfinished.id, "going on with a delivery that was interrupted");
            // What the contract says may depend on the day; what was written must not.
            surveyed = self.survey(feed, path, name, unfinished.received_at).await?;
            if surveyed.report.file.sha256 != unfinished.file.sha256 {
                bail!(
                    "{} changed while it was being read; run this again when it is complete",
                    path.display()
                );
            }
            delivery = unfinished;
        }
        self.finish(feed, path, delivery, surveyed, begun).await
    }

    /// Takes a file in as far as its survey lets it.
    async fn finish(
        &self,
        feed: &Feed,
        path: &Path,
        mut delivery: Delivery,
        mut surveyed: Surveyed,
        begun: Instant,
    ) -> anyhow::Result<Ingested> {
        if delivery.status == Status::Processing {
            self.take(feed, path, &mut delivery, &mut surveyed).await?;
        } else {
            self.open(&delivery, &surveyed.report).await?;
        }
        let mut report = surveyed.report;
        report.elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(Ingested {
            delivery: delivery.id,
            report,
        })
    }

    /// Takes in a held delivery that somebody releases; `path` is its file, byte for byte. Run
    /// again after a kill it goes on.
    pub(super) async fn run_released(
        &self,
        feed: &Feed,
        path: &Path,
        mut delivery: Delivery,
        ruling: &Ruling,
    ) -> anyhow::Result<Ingested> {
        let name = delivery.file.name.clone();
        let mut surveyed = self.survey(feed, path, &name, delivery.received_at).await?;
        let file = &surveyed.report.file;
        if file.sha256 != delivery.file.sha256 {
            bail!(
                "{} is not the file of delivery {}: its SHA-256 is {}, and that of the delivery is {}",
                path.display(),
                delivery.id,
                file.sha256,
                delivery.file.sha256
            );
        }
        if file.verdict != Verdict::Accepted {
            bail!(
                "the file is refused under the profile the feed has now: {}",
                file.message.as_deref().unwrap_or_default()
            );
        }
        if let Some(hold) = delivery.hold.as_mut().filter(|hold| hold.stage == Stage::Waiting) {
            self.store
                .ask_release(&delivery.id, ruling)
                .await
                .context("releasing the delivery")?;
            hold.stage = Stage::Releasing;
            hold.ruling = Some(ruling.clone());
        }
        self.take(feed, path, &mut delivery, &mut surveyed).await?;
        Ok(Ingested {
            delivery: delivery.id,
            report: surveyed.report,
        })
    }

    /// What a file of a feed is read and judged by that came at a time: what was found out since is
    /// for the next file, lest one that is taken in again after a kill be judged otherwise.
    async fn terms(&self, feed: &Feed, received_at: DateTime<Utc>) -> anyhow::Result<Terms> {
        let known = self
            .patience()
            .with(|| knowing::known(&self.store, self.taxonomy.as_ref(), Some(feed), received_at))
            .await
            .context("reading what is known of pictures")?;
        Ok(feed.terms().knowing(known))
    }

    fn patience(&self) -> Patience {
        Patience::new(self.patience)
    }

    async fn survey(
        &self,
        feed: &Feed,
        path: &Path,
        name: &str,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Surveyed> {
        let (path, name, terms) = (path.to_owned(), name.to_owned(), self.terms(feed, now).await?);
        // A file of changes is read again anyway.
        let mut keeping = (feed.mode == Mode::Snapshot).then(Keeping::new);
        tokio::task::spawn_blocking(move || {
            let file = File::open(&path).with_context(|| format!("opening {}", path.display()))?;
            let mut naming = Naming::default();
            // What is held already is not compared with what there is.
            let hashed = |record: &mut Record, raw: &RawRecord, checked: &Checked| {
                if checked.is_held() {
                    return [0; 16];
                }
                checked.record_into(raw, record);
                record.content_hash()
            };
            let mut remember = |raw: &RawRecord, checked: &Checked, hash| -> anyhow::Result<()> {
                if !checked.is_held() {
                    let number = raw.position().index;
                    naming.pass(checked.product(), hash, number, checked.has_warning());
                    return Ok(());
                }
                let (key, held) = apply::hold(raw, checked);
                match checked.identity() {
                    Some(product) => naming.hold(product),
                    None => naming.hold_nameless(identity(&key)),
                }
                if let Some(keeping) = &mut keeping {
                    keeping.add(&key, &held);
                }
                Ok(())
            };
            let begun = Instant::now();
            let report = survey_making(all_cores(), file, &name, &terms, now, &hashed, &mut remember)?;
            let named = Arc::new(naming.done());
            tracing::debug!(elapsed = ?begun.elapsed(), "surveyed");
            Ok(Surveyed {
                terms,
                report,
                named,
                kept: keeping.and_then(Keeping::done),
            })
        })
        .await?
    }

    /// The log entry of a file that has been surveyed and not yet applied.
    fn entry(&self, feed: &Feed, report: &Report, received_at: DateTime<Utc>) -> Delivery {
        let (status, decided_at) = match report.file.verdict {
            Verdict::Refused => (Status::Refused, Some(self.clock.now())),
            Verdict::Accepted | Verdict::Held => (Status::Processing, None),
        };
        let counts = match status {
            // What was read is known; what becomes of it is not, until it is decided.
            Status::Processing => Counts {
                received: report.records.received,
                ..Counts::default()
            },
            _ => Counts::default(),
        };
        Delivery {
            id: fresh::delivery(),
            partner: feed.id.partner(),
            feed: feed.id.clone(),
            direction: Direction::Ingest,
            origin: Origin::File,
            status,
            file: report.file.clone(),
            counts,
            codes: report.codes.clone(),
            received_at,
            decided_at,
            repeat_of: None,
            contract_version: judge::contract(Some(feed)).version,
            profile_version: feed.profile_version,
            gate: None,
            hold: None,
        }
    }

    async fn find_unfinished(&self, feed: &Feed, report: &Report) -> anyhow::Result<Option<Delivery>> {
        let sha256 = &report.file.sha256;
        self.patience()
            .with(|| self.store.find_same_file(&feed.id, sha256, Status::Processing))
            .await
            .context("looking for an earlier try")
    }

    /// Writes the log entry; false when an earlier try has.
    async fn open(&self, delivery: &Delivery, report: &Report) -> anyhow::Result<bool> {
        let opening = Opening {
            delivery: delivery.clone(),
            samples: report.samples.clone(),
        };
        self.patience()
            .with(|| self.store.insert_delivery(&opening))
            .await
            .context("writing the audit log")
    }
}
