//! Takes one file in: surveys it, asks the gates, applies it, and writes its delivery.
//!
//! Each step may be the last before somebody pulls the plug:
//!
//! 1. survey the whole file, so that a damaged one is refused before anything is touched, and
//!    remember what it says in 16 bytes a record ([`named`]);
//! 2. lease the feed, so that one ingest at a time writes it;
//! 3. open the delivery as `Processing`, or find the one that an earlier, killed try opened;
//! 4. compare with the catalogue, and let the gates decide; what is held ends here, and
//!    nothing of it is in effect;
//! 5. apply: write new and changed items, hold what failed, set older held versions aside
//!    ([`apply`]);
//! 6. withdraw what a whole catalogue no longer names;
//! 7. decide the delivery, which makes its counts final, and end the holds of older files.
//!
//! Steps 3 to 7 name everything by delivery and place in the file, so running them again
//! writes the same things and counts the same numbers; what the gates decided is written down
//! before anything takes effect and is not decided again. Run again after a kill at any
//! instant, an ingest ends as if it had been run once.

mod apply;
mod named;

use super::gate;
use super::judge;
use super::patience::Patience;
use super::survey::survey;
use crate::domain::contract::Checked;
use crate::domain::delivery::{Delivery, Direction, Origin, Status};
use crate::domain::feed::{Feed, Mode};
use crate::domain::gate::{Gate, Ids, Outcome};
use crate::domain::hold::{Hold, Ruling, Stage};
use crate::domain::ids::DeliveryId;
use crate::domain::record::{RawRecord, Record};
use crate::domain::report::{Counts, Report, Verdict};
use crate::server::clock::Clock;
use crate::server::store::{Error as StoreError, Opening, Store};
use anyhow::{Context, bail};
use chrono::{DateTime, TimeDelta, Utc};
use named::{Met, Named, Naming};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a feed is lent; kept up while the ingest lives.
const LEASE: TimeDelta = TimeDelta::seconds(20);
/// How often that is asked for anew.
const RENEWED: Duration = Duration::from_secs(5);

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
}

/// A file that has been read and checked once.
struct Surveyed {
    report: Report,
    named: Arc<Named>,
}

impl Ingest {
    /// Takes in the file at `path`, which came as `name`.
    pub async fn run(&self, feed: &Feed, path: &Path, name: &str) -> anyhow::Result<Ingested> {
        self.run_anyway(feed, path, name, None).await
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
        if delivery.status == Status::Processing {
            if let Some(unfinished) = self.find_unfinished(feed, &surveyed.report).await? {
                tracing::info!(delivery.id = %unfinished.id, "going on with a delivery that was interrupted");
                delivery = unfinished;
            }
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
        let (path, name, terms) = (path.to_owned(), name.to_owned(), feed.terms());
        tokio::task::spawn_blocking(move || {
            let file = File::open(&path).with_context(|| format!("opening {}", path.display()))?;
            let (mut naming, mut record) = (Naming::default(), Record::default());
            let mut remember = |raw: &RawRecord, checked: &Checked| -> anyhow::Result<()> {
                if !checked.is_held() {
                    checked.record_into(raw, &mut record);
                    naming.pass(checked.product(), record.content_hash());
                } else if let Some(product) = checked.identity() {
                    naming.hold(product);
                }
                Ok(())
            };
            let report = survey(file, &name, &terms, now, &mut remember)?;
            Ok(Surveyed {
                report,
                named: Arc::new(naming.done()),
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
            id: DeliveryId::new(uuid::Uuid::now_v7().simple().to_string()),
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

    async fn open(&self, delivery: &Delivery, report: &Report) -> anyhow::Result<()> {
        let opening = Opening {
            delivery: delivery.clone(),
            samples: report.samples.clone(),
        };
        self.patience()
            .with(|| self.store.insert_delivery(&opening))
            .await
            .context("writing the audit log")
    }

    /// Does everything that needs the feed to itself.
    async fn take(
        &self,
        feed: &Feed,
        path: &Path,
        delivery: &mut Delivery,
        surveyed: &mut Surveyed,
    ) -> anyhow::Result<()> {
        let id = delivery.id.clone();
        self.lease(feed, &id).await?;
        let done = tokio::select! {
            done = self.take_leased(feed, path, delivery, surveyed) => done,
            lost = self.keep_lease(feed, &id) => Err(lost),
        };
        let given_back = self
            .patience()
            .with(|| self.store.release_feed(&feed.id, &id))
            .await;
        done?;
        given_back.context("giving the feed back")
    }

    async fn lease(&self, feed: &Feed, delivery: &DeliveryId) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let asked = self
                .patience()
                .with(|| self.store.lease_feed(&feed.id, delivery, self.clock.now(), LEASE))
                .await;
            match asked {
                Ok(()) => return Ok(()),
                Err(StoreError::Conflict { .. }) if begun.elapsed() < self.patience => {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                Err(StoreError::Conflict { .. }) => bail!(
                    "another file of {} is being taken in; wait for it and run this again",
                    feed.id
                ),
                Err(error) => return Err(error).context("leasing the feed"),
            }
        }
    }

    /// Asks for the lease again and again, until it is lost.
    async fn keep_lease(&self, feed: &Feed, delivery: &DeliveryId) -> anyhow::Error {
        loop {
            tokio::time::sleep(RENEWED).await;
            let kept = self
                .patience()
                .with(|| self.store.lease_feed(&feed.id, delivery, self.clock.now(), LEASE))
                .await;
            if let Err(error) = kept {
                return anyhow::Error::new(error).context("keeping the feed's lease");
            }
        }
    }

    async fn take_leased(
        &self,
        feed: &Feed,
        path: &Path,
        delivery: &mut Delivery,
        surveyed: &mut Surveyed,
    ) -> anyhow::Result<()> {
        let (store, patience) = (&self.store, self.patience());
        let (id, report) = (delivery.id.clone(), &mut surveyed.report);
        for earlier in patience.with(|| store.list_interrupted(&feed.id, &id)).await? {
            patience
                .with(|| store.close_interrupted(&feed.id, &earlier, &id, self.clock.now()))
                .await?;
        }
        let releasing = delivery
            .hold
            .as_ref()
            .is_some_and(|hold| hold.stage == Stage::Releasing);
        if releasing {
            // Under the lease nothing newer can slip in between this look and what follows.
            if let Some(newer) = store.find_newer_accepted(&feed.id, delivery.received_at).await? {
                store
                    .supersede_holds(
                        &feed.id,
                        delivery.received_at + TimeDelta::milliseconds(1),
                        &newer,
                        self.clock.now(),
                    )
                    .await?;
                bail!("a newer file of {} took effect as delivery {newer}", feed.id);
            }
            store
                .begin_released(&id, &report.file, report.records.received)
                .await?;
        } else {
            let same = patience
                .with(|| store.find_same_file(&feed.id, &report.file.sha256, Status::Accepted))
                .await?;
            delivery.repeat_of = same.filter(|same| same.id != id).map(|same| same.id);
            self.open(delivery, report).await?;
        }
        let ids = match Arc::get_mut(&mut surveyed.named) {
            Some(named) if feed.mode == Mode::Snapshot => Some(self.compare(feed, &id, named).await?),
            // A file of changes says nothing of the rest; its products are looked up as they
            // are written.
            _ => None,
        };
        if self
            .ask_gates(feed, delivery, report, &surveyed.named, ids)
            .await?
            == Outcome::Hold
        {
            return Ok(());
        }
        let mut counts = self.apply(feed, path, delivery, report, &surveyed.named).await?;
        if feed.mode == Mode::Snapshot {
            counts.withdrawn = self.withdraw(feed, delivery, &surveyed.named, ids).await?;
        }
        let records = &mut surveyed.report.records;
        counts.received = records.received;
        counts.warned = records.warned;
        if !counts.conserved() {
            bail!("{counts:?} do not add up; the delivery stays open, and this is a fault of ours");
        }
        *records = counts;
        patience
            .with(|| store.decide_delivery(&id, &feed.id, counts, self.clock.now()))
            .await
            .context("deciding")?;
        patience
            .with(|| store.supersede_holds(&feed.id, delivery.received_at, &id, self.clock.now()))
            .await
            .context("ending the holds of older files")?;
        Ok(())
    }

    /// Lays the catalogue beside what the file says.
    async fn compare(&self, feed: &Feed, delivery: &DeliveryId, named: &mut Named) -> anyhow::Result<Ids> {
        let (mut ids, mut back) = (Ids::default(), 0);
        let begun = Instant::now();
        // Comparing once more what was compared before changes nothing but the counts, so a
        // scan that breaks off is not tried again here: the whole ingest is.
        self.store
            .scan_items(&feed.id, |item| match named.compare(item, delivery.as_str()) {
                Met::Stays => ids.live += 1,
                Met::Gone => {
                    ids.live += 1;
                    ids.gone += 1;
                }
                Met::Back => back += 1,
                Met::Absent => {}
            })
            .await
            .context("comparing with the catalogue")?;
        ids.new = named.unmatched() + back;
        tracing::debug!(?ids, elapsed = ?begun.elapsed(), "compared with the catalogue");
        Ok(ids)
    }

    /// Lets the gates decide, once; what they hold is written down as held.
    async fn ask_gates(
        &self,
        feed: &Feed,
        delivery: &mut Delivery,
        report: &mut Report,
        named: &Named,
        ids: Option<Ids>,
    ) -> anyhow::Result<Outcome> {
        let (store, patience) = (&self.store, self.patience());
        let gate = match delivery.gate.take() {
            Some(decided) => decided,
            None => {
                let facts = gate::facts(report, named.len(), ids);
                gate::ask(store, &patience, feed, delivery, facts).await?
            }
        };
        report.codes.extend(gate::codes(&gate));
        let overruled = delivery
            .hold
            .as_ref()
            .is_some_and(|hold| matches!(hold.stage, Stage::Released | Stage::Releasing));
        let outcome = if overruled { Outcome::Pass } else { gate.outcome };
        if outcome == Outcome::Hold {
            gate::explain(&mut report.file, &gate);
            self.hold(delivery, report, &gate).await?;
        } else {
            patience
                .with(|| store.pass_gate(&delivery.id, &gate, &report.codes))
                .await
                .context("writing down what the gates decided")?;
        }
        report.gate = Some(gate);
        Ok(outcome)
    }

    async fn hold(&self, delivery: &Delivery, report: &Report, gate: &Gate) -> anyhow::Result<()> {
        self.patience()
            .with(|| {
                self.store
                    .hold_delivery(delivery, &report.file, gate, &report.codes, self.clock.now())
            })
            .await
            .context("holding the delivery")
    }

    /// Withdraws what the file does not name, and counts it.
    async fn withdraw(
        &self,
        feed: &Feed,
        delivery: &Delivery,
        named: &Named,
        ids: Option<Ids>,
    ) -> anyhow::Result<u64> {
        let (store, patience) = (&self.store, self.patience());
        let (id, at) = (&delivery.id, delivery.received_at);
        if ids.is_some_and(|ids| ids.gone > 0) {
            patience
                .with(|| store.withdraw_items(&feed.id, id, at, |key| named.names(key)))
                .await
                .context("withdrawing items")?;
        }
        // An earlier try may have withdrawn some, or all.
        patience
            .with(|| store.count_withdrawn_by(&feed.id, id))
            .await
            .context("counting what was withdrawn")
    }
}
