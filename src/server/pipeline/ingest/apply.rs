//! Reads for the second time what of a file is to be written, and writes it.

use super::jumps::{Jumps, Seen};
use super::kept::{Kept, held_by};
use super::lines::{Line, Lines};
use super::named::{Named, Task, Wanted};
use super::outline::{Outlining, lock};
use super::{Ingest, judge};
use crate::domain::contract::Checked;
use crate::domain::delivery::Delivery;
use crate::domain::feed::{Feed, Mode, Terms};
use crate::domain::ids::{DeliveryId, FeedId, PartnerId, RecordId};
use crate::domain::quarantine::{HeldRecord, State};
use crate::domain::record::RawRecord;
use crate::domain::report::{Counts, Report};
use crate::server::pipeline::survey::{revisit, survey};
use crate::server::store::{Holding, Item, Known, Passed};
use anyhow::{Context, bail};
use chrono::DateTime;
use futures::TryStreamExt;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Records written together, at most.
const BATCH: usize = 4000;
/// Bytes of documents written together, about: more was no faster, and stood in memory.
const BATCH_BYTES: usize = 1 << 20;
/// Batches written side by side.
const WRITERS: usize = 3;

/// Some records of a file, in its order.
#[derive(Debug, Default)]
struct Batch {
    new: Vec<Item>,
    changed: Vec<Item>,
    /// Of a file of changes: to be looked up first.
    passed: Vec<Passed>,
    /// What is seen of each of these.
    seen: Vec<Seen>,
    held: Vec<Holding>,
    /// Passed, and nothing is to be done.
    unchanged: u64,
    written: u64,
    bytes: usize,
}

impl Batch {
    /// Does with a record what is to be done with it; `seen` says what is to be seen of it, and
    /// `item` makes the item it becomes.
    fn put(
        &mut self,
        task: Task,
        jumps: &mut Jumps,
        seen: impl FnOnce() -> Seen,
        item: impl FnOnce() -> Item,
    ) {
        match task {
            Task::Insert => {
                let item = item();
                self.bytes += item.size();
                self.new.push(item);
            }
            Task::Replace(before) => {
                let was = before.filter(|before| jumps.look(*before, &seen()));
                let item = item().that_was(was);
                // An update is put together from it, in a list, before it is sent.
                self.bytes += item.size() * 3;
                self.changed.push(item);
            }
            Task::Keep => self.unchanged += 1,
            Task::Written(before) => {
                // It jumped when it was written, which the try that wrote it could not tell.
                if let Some(before) = before {
                    jumps.look(before, &seen());
                }
                self.written += 1;
            }
        }
    }

    /// Adds a record that is held.
    fn hold(&mut self, key: &str, held: &HeldRecord) -> anyhow::Result<()> {
        let held = Holding::of(key, held).context("holding a record")?;
        self.bytes += held.size();
        self.held.push(held);
        Ok(())
    }

    fn is_full(&self) -> bool {
        let records = self.new.len() + self.changed.len() + self.passed.len() + self.held.len();
        records >= BATCH || self.bytes >= BATCH_BYTES
    }
}

/// What the reading needs to know, and where its batches go.
struct Reading {
    path: PathBuf,
    name: String,
    sha256: String,
    feed: FeedId,
    terms: Terms,
    delivery: Delivery,
    /// None for a file of changes.
    named: Option<Arc<Named>>,
    /// None yet.
    jumps: Jumps,
    /// For the next outline.
    written: Option<Arc<Mutex<Lines>>>,
    send: mpsc::Sender<Batch>,
}

impl Ingest {
    /// Writes what the file says, counts what that changed, and says in the report which prices
    /// jumped. What is held comes from `kept`; without it the whole file is checked again.
    #[expect(clippy::too_many_arguments, reason = "everything that is known of the file")]
    pub(super) async fn apply(
        &self,
        feed: &Feed,
        terms: &Terms,
        path: &std::path::Path,
        delivery: &Delivery,
        report: &mut Report,
        named: &Arc<Named>,
        kept: Option<Kept>,
        outlining: Option<&Outlining>,
    ) -> anyhow::Result<Counts> {
        let (counts, ()) = tokio::try_join!(
            self.write_records(feed, terms, path, delivery, report, named, kept, outlining),
            self.supersede_held(feed, delivery, named)
        )?;
        Ok(counts)
    }

    /// Lets what older files held of these products give way.
    async fn supersede_held(&self, feed: &Feed, delivery: &Delivery, named: &Named) -> anyhow::Result<()> {
        let begun = Instant::now();
        self.patience()
            .with(|| {
                self.store
                    .supersede_held(&feed.id, &delivery.id, |key| named.has_key(key))
            })
            .await
            .context("setting older held records aside")?;
        tracing::debug!(elapsed = ?begun.elapsed(), "set older held records aside");
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "everything that is known of the file")]
    async fn write_records(
        &self,
        feed: &Feed,
        terms: &Terms,
        path: &std::path::Path,
        delivery: &Delivery,
        report: &mut Report,
        named: &Arc<Named>,
        kept: Option<Kept>,
        outlining: Option<&Outlining>,
    ) -> anyhow::Result<Counts> {
        let begun = Instant::now();
        let jumps = Jumps::under(&judge::contract(Some(feed)), delivery.received_at);
        let (wanted, is_apart) = (named.wanted(), kept.is_some());
        let count = wanted.len();
        let mut counts = Counts::default();
        if count > 0 || kept.as_ref().is_none_or(|kept| !kept.is_empty()) {
            let (send, receive) = mpsc::channel(1);
            let reading = Reading {
                path: path.to_owned(),
                name: report.file.name.clone(),
                sha256: report.file.sha256.clone(),
                feed: feed.id.clone(),
                terms: terms.clone(),
                delivery: delivery.clone(),
                named: (feed.mode == Mode::Snapshot).then(|| Arc::clone(named)),
                jumps: jumps.clone(),
                written: outlining.map(Outlining::written),
                send,
            };
            let reading = tokio::task::spawn_blocking(move || match kept {
                Some(kept) => reading.run_apart(kept, &wanted),
                None => reading.run(),
            });
            let (written, jumped) = self.write_all(feed, delivery, receive, reading, jumps).await?;
            counts = written;
            if is_apart && counts.accepted != count {
                bail!(
                    "{} of {count} records were written; the delivery stays open, and this is a fault of ours",
                    counts.accepted
                );
            }
            if jumped.tell(report) {
                self.note_jumps(delivery, report).await?;
            }
        }
        if is_apart {
            // Nobody met the records that were not read again.
            counts.accepted += named.written();
            counts.unchanged = report.records.accepted.saturating_sub(counts.accepted);
        }
        tracing::debug!(elapsed = ?begun.elapsed(), "wrote what is new, changed and held");
        Ok(counts)
    }

    /// Writes what is read, several batches at a time.
    async fn write_all(
        &self,
        feed: &Feed,
        delivery: &Delivery,
        receive: mpsc::Receiver<Batch>,
        reading: JoinHandle<anyhow::Result<Jumps>>,
        jumps: Jumps,
    ) -> anyhow::Result<(Counts, Jumps)> {
        let batches = futures::stream::unfold(receive, |mut receive| async move {
            receive
                .recv()
                .await
                .map(|batch: Batch| (Ok::<_, anyhow::Error>(batch), receive))
        });
        let written = batches
            .map_ok(|batch| self.write(feed, delivery, batch, jumps.clone()))
            .try_buffer_unordered(WRITERS)
            .try_fold(
                (Counts::default(), jumps.clone()),
                |mut sum, (counts, jumps)| async move {
                    sum.0 += counts;
                    sum.1.add(jumps);
                    Ok(sum)
                },
            )
            .await;
        // When writing failed the reader ends by itself, for nobody takes its batches.
        let read = reading.await?;
        let (counts, mut jumps) = written?;
        jumps.add(read?);
        Ok((counts, jumps))
    }

    async fn note_jumps(&self, delivery: &Delivery, report: &Report) -> anyhow::Result<()> {
        self.patience()
            .with(|| {
                self.store
                    .note_findings(&delivery.id, &report.codes, &report.samples)
            })
            .await
            .context("writing down which prices jumped")
    }

    async fn write(
        &self,
        feed: &Feed,
        delivery: &Delivery,
        mut batch: Batch,
        mut jumps: Jumps,
    ) -> anyhow::Result<(Counts, Jumps)> {
        let (store, patience) = (&self.store, self.patience());
        let passed = std::mem::take(&mut batch.passed);
        let known = patience
            .with(|| store.list_known(&feed.id, &passed))
            .await
            .context("looking items up")?;
        for (passed, seen) in passed.iter().zip(std::mem::take(&mut batch.seen)) {
            let task = task(known.get(&passed.key), passed, &delivery.id);
            let item = || Item::of(&feed.id, &delivery.id, delivery.received_at, passed);
            batch.put(task, &mut jumps, || seen, item);
        }
        let counts = Counts {
            accepted: (batch.new.len() + batch.changed.len()) as u64 + batch.written,
            unchanged: batch.unchanged,
            quarantined: batch.held.len() as u64,
            ..Counts::default()
        };
        patience
            .with(|| store.insert_held(&batch.held))
            .await
            .context("holding records")?;
        patience
            .with(|| store.write_items(&batch.new, &batch.changed))
            .await
            .context("writing items")?;
        Ok((counts, jumps))
    }
}

impl Reading {
    /// Reads and checks the whole file and hands its records on in batches. Blocks while nobody
    /// takes them.
    fn run(self) -> anyhow::Result<Jumps> {
        let file = self.open()?;
        let (mut batch, mut jumps) = (Batch::default(), self.jumps.clone());
        let mut take = |raw: &RawRecord, checked: &Checked| -> anyhow::Result<()> {
            if checked.is_held() {
                let (key, held) = hold(raw, checked);
                batch.hold(&key, &held_by(&self.delivery, held))?;
            } else {
                self.sort(raw, checked, checked.has_warning(), &mut batch, &mut jumps);
            }
            self.hand_on_full(&mut batch)
        };
        let (terms, now) = (self.terms.clone(), self.delivery.received_at);
        let again = survey(file, &self.name, &terms, now, &mut take)?;
        self.prove_same(&again.file.sha256)?;
        self.hand_on(batch)?;
        Ok(jumps)
    }

    /// The same with what is kept of the held records, reading again those that are wanted and
    /// no other.
    fn run_apart(self, kept: Kept, wanted: &Wanted) -> anyhow::Result<Jumps> {
        let mut batch = Batch::default();
        for held in kept.read(&self.delivery)? {
            let (key, held) = held?;
            batch.hold(&key, &held)?;
            self.hand_on_full(&mut batch)?;
        }
        self.hand_on(batch)?;
        let mut jumps = self.jumps.clone();
        let (Some(named), true) = (&self.named, wanted.len() > 0) else {
            return Ok(jumps);
        };
        let (terms, now) = (self.terms.clone(), self.delivery.received_at);
        let (states, sha256) = revisit(
            self.open()?,
            &terms,
            now,
            |number| wanted.has(number),
            || (Batch::default(), self.jumps.clone()),
            |(batch, jumps), raw, checked| {
                let has_warning = named.has_warning(checked.product());
                self.sort(raw, checked, has_warning, batch, jumps);
                self.hand_on_full(batch)
            },
        )?;
        self.prove_same(&sha256)?;
        for (batch, of_one) in states {
            self.hand_on(batch)?;
            jumps.add(of_one);
        }
        Ok(jumps)
    }

    fn open(&self) -> anyhow::Result<File> {
        File::open(&self.path).with_context(|| format!("opening {}", self.path.display()))
    }

    fn prove_same(&self, sha256: &str) -> anyhow::Result<()> {
        if sha256 == self.sha256 {
            return Ok(());
        }
        bail!(
            "{} changed while it was being read; run this again when it is complete",
            self.path.display()
        )
    }

    fn hand_on_full(&self, batch: &mut Batch) -> anyhow::Result<()> {
        if batch.is_full() {
            self.hand_on(std::mem::take(batch))?;
        }
        Ok(())
    }

    fn hand_on(&self, batch: Batch) -> anyhow::Result<()> {
        self.send
            .blocking_send(batch)
            .map_err(|_| anyhow::anyhow!("writing has stopped"))
    }

    /// Sorts in a record that passed.
    fn sort(
        &self,
        raw: &RawRecord,
        checked: &Checked,
        has_warning: bool,
        batch: &mut Batch,
        jumps: &mut Jumps,
    ) {
        let Some(named) = &self.named else {
            batch.bytes += raw.original().len();
            batch.passed.push(judge::passed(raw, checked));
            batch.seen.push(Seen::of(raw, checked, has_warning));
            return;
        };
        let item = || {
            let passed = judge::passed(raw, checked);
            let (feed, delivery) = (&self.feed, &self.delivery);
            let item = Item::of(feed, &delivery.id, delivery.received_at, &passed);
            if let Some(written) = &self.written {
                lock(written).add(Line::live(checked.product(), &passed.hash, item.price()));
            }
            item
        };
        let task = named.task(checked.product());
        batch.put(task, jumps, || Seen::of(raw, checked, has_warning), item);
    }
}

/// What is to be done with a record of a file of changes, beside what is known of its item.
fn task(known: Option<&Known>, passed: &Passed, delivery: &DeliveryId) -> Task {
    match known {
        None => Task::Insert,
        Some(known) if known.is_withdrawn || known.hash != passed.hash => Task::Replace(known.price),
        Some(known) if known.delivery == delivery.as_str() => Task::Written(known.was),
        Some(_) => Task::Keep,
    }
}

/// A record that is held, and the key it is held under; by which delivery, [`held_by`] says.
pub(super) fn hold(raw: &RawRecord, checked: &Checked) -> (String, HeldRecord) {
    let key = judge::key(raw, checked);
    let held = HeldRecord {
        id: RecordId::new(""),
        partner: PartnerId::new(""),
        feed: FeedId::new(""),
        delivery: DeliveryId::new(""),
        item_id: checked.id().to_owned(),
        title: raw.get("title").unwrap_or_default().to_owned(),
        position: raw.position(),
        original: raw.original().to_owned(),
        attributes: raw.to_attributes(),
        violations: checked.all_placed(raw).collect(),
        state: State::Quarantined,
        revisions: Vec::new(),
        decided: Vec::new(),
        attempts: 0,
        received_at: DateTime::UNIX_EPOCH,
        job: None,
        acted_at: None,
        superseded_by: None,
    };
    (key, held)
}
