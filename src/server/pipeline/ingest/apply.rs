//! Reads a file for the second time and writes what it says.

use super::jumps::{Jumps, Seen};
use super::named::{Named, Task};
use super::{Ingest, judge, survey};
use crate::domain::contract::{Checked, identity};
use crate::domain::delivery::Delivery;
use crate::domain::feed::{Feed, Mode};
use crate::domain::ids::{DeliveryId, RecordId};
use crate::domain::quarantine::{HeldRecord, State};
use crate::domain::record::RawRecord;
use crate::domain::report::{Counts, Report};
use crate::server::store::{Item, Known, Passed};
use anyhow::{Context, bail};
use futures::TryStreamExt;
use std::collections::HashSet;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Records written together, at most.
const BATCH: usize = 4000;
/// Bytes written together, about.
const BATCH_BYTES: usize = 3 << 20;
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
    held: Vec<(String, HeldRecord)>,
    /// Products of which an older held version waits for somebody.
    outdated: Vec<String>,
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
            Task::Insert => self.new.push(item()),
            Task::Replace(before) => {
                let was = before.filter(|before| jumps.look(*before, &seen()));
                self.changed.push(item().that_was(was));
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

    fn is_full(&self) -> bool {
        let records = self.new.len() + self.changed.len() + self.passed.len() + self.held.len();
        records >= BATCH || self.outdated.len() >= BATCH || self.bytes >= BATCH_BYTES
    }
}

/// What the reading needs to know, and where its batches go.
struct Reading {
    path: PathBuf,
    name: String,
    sha256: String,
    feed: Feed,
    delivery: Delivery,
    /// None for a file of changes.
    named: Option<Arc<Named>>,
    stale: HashSet<u64>,
    /// None yet.
    jumps: Jumps,
    send: mpsc::Sender<Batch>,
}

impl Ingest {
    /// Writes what the file says, counts what that changed, and says in the report which prices
    /// jumped.
    pub(super) async fn apply(
        &self,
        feed: &Feed,
        path: &std::path::Path,
        delivery: &Delivery,
        report: &mut Report,
        named: &Arc<Named>,
    ) -> anyhow::Result<Counts> {
        let stale = self
            .patience()
            .with(|| self.store.list_open_keys(&feed.id, &delivery.id))
            .await?;
        let jumps = Jumps::under(&judge::contract(Some(feed)), delivery.received_at);
        let compared = feed.mode == Mode::Snapshot;
        if compared && named.nothing_to_write() && !stale.iter().any(|product| named.has(*product)) {
            let written = named.written();
            return Ok(Counts {
                accepted: written,
                unchanged: report.records.accepted.saturating_sub(written),
                ..Counts::default()
            });
        }
        let (send, receive) = mpsc::channel(1);
        let reading = Reading {
            path: path.to_owned(),
            name: report.file.name.clone(),
            sha256: report.file.sha256.clone(),
            feed: feed.clone(),
            delivery: delivery.clone(),
            named: compared.then(|| Arc::clone(named)),
            stale,
            jumps: jumps.clone(),
            send,
        };
        let reading = tokio::task::spawn_blocking(move || reading.run());
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
        if jumps.tell(report) {
            self.patience()
                .with(|| {
                    self.store
                        .note_findings(&delivery.id, &report.codes, &report.samples)
                })
                .await
                .context("writing down which prices jumped")?;
        }
        Ok(counts)
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
        patience
            .with(|| store.supersede_held(&feed.id, &batch.outdated, &delivery.id))
            .await
            .context("setting older held records aside")?;
        Ok((counts, jumps))
    }
}

impl Reading {
    /// Reads the file and hands its records on in batches. Blocks while nobody takes them.
    fn run(self) -> anyhow::Result<Jumps> {
        let file = File::open(&self.path).with_context(|| format!("opening {}", self.path.display()))?;
        let (mut batch, mut jumps) = (Batch::default(), self.jumps.clone());
        let mut take = |raw: &RawRecord, checked: &Checked| -> anyhow::Result<()> {
            self.sort(raw, checked, &mut batch, &mut jumps);
            if batch.is_full() {
                self.hand_on(std::mem::take(&mut batch))?;
            }
            Ok(())
        };
        let (terms, now) = (self.feed.terms(), self.delivery.received_at);
        let again = survey(file, &self.name, &terms, now, &mut take)?;
        if again.file.sha256 != self.sha256 {
            bail!(
                "{} changed while it was being read; run this again when it is complete",
                self.path.display()
            );
        }
        self.hand_on(batch)?;
        Ok(jumps)
    }

    fn hand_on(&self, batch: Batch) -> anyhow::Result<()> {
        self.send
            .blocking_send(batch)
            .map_err(|_| anyhow::anyhow!("writing has stopped"))
    }

    fn sort(&self, raw: &RawRecord, checked: &Checked, batch: &mut Batch, jumps: &mut Jumps) {
        batch.bytes += raw.original().len();
        if checked.is_held() {
            let (key, held) = hold(&self.delivery, raw, checked);
            if self.stale.contains(&identity(&key)) {
                batch.outdated.push(key.clone());
            }
            batch.held.push((key, held));
            return;
        }
        if self.stale.contains(&checked.product()) {
            batch.outdated.push(checked.key().to_owned());
        }
        let Some(named) = &self.named else {
            batch.passed.push(judge::passed(raw, checked));
            batch.seen.push(Seen::of(raw, checked));
            return;
        };
        let task = named.task(checked.product());
        if matches!(task, Task::Keep | Task::Written(_)) {
            batch.bytes -= raw.original().len();
        }
        let item = || {
            let passed = judge::passed(raw, checked);
            let (feed, delivery) = (&self.feed.id, &self.delivery);
            Item::of(feed, &delivery.id, delivery.received_at, &passed)
        };
        batch.put(task, jumps, || Seen::of(raw, checked), item);
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

fn hold(delivery: &Delivery, raw: &RawRecord, checked: &Checked) -> (String, HeldRecord) {
    let position = raw.position();
    let key = judge::key(raw, checked);
    let held = HeldRecord {
        id: RecordId::of(&delivery.id, position.index),
        partner: delivery.partner.clone(),
        feed: delivery.feed.clone(),
        delivery: delivery.id.clone(),
        item_id: checked.id().to_owned(),
        title: raw.get("title").unwrap_or_default().to_owned(),
        position,
        original: raw.original().to_owned(),
        attributes: raw.to_attributes(),
        violations: checked.all_placed(raw).collect(),
        state: State::Quarantined,
        revisions: Vec::new(),
        attempts: 0,
        received_at: delivery.received_at,
        job: None,
        superseded_by: None,
    };
    (key, held)
}
