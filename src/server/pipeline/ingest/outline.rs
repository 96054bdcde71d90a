//! Compares a file with the catalogue by the outline that the last ingest left, or item by item
//! where there is none that is true, and leaves one for the next.
//!
//! An outline is a help and nothing more: where making one fails, the next ingest reads the
//! items. How it is kept from telling what the items do not say, [`crate::server::store`] says.

use super::Ingest;
use super::lines::{Line, Lines};
use super::named::{Met, Named};
use crate::domain::feed::Feed;
use crate::domain::gate::Ids;
use crate::domain::ids::DeliveryId;
use crate::server::store::{Outline, Stored};
use anyhow::{Context, ensure};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Lines in a part of an outline: 1 MB.
const PART: usize = 1_000_000 / Line::SIZE;

/// The catalogue as a file found it.
#[derive(Debug)]
pub(super) struct Compared {
    /// How the products of both lie.
    pub(super) ids: Ids,
    /// The version of the items that were read.
    version: i64,
    /// Whether an outline says of them what is to be said.
    is_outlined: bool,
    lines: Lines,
}

/// An outline in the making.
#[derive(Debug)]
pub(super) struct Outlining {
    /// Of the items when all is written.
    version: i64,
    before: Lines,
    /// What is written of the file.
    written: Arc<Mutex<Lines>>,
}

impl Outlining {
    /// Where to add what is written.
    pub(super) fn written(&self) -> Arc<Mutex<Lines>> {
        Arc::clone(&self.written)
    }
}

impl Ingest {
    /// Lays the catalogue beside what the file says. Reading that breaks off goes on where it was.
    pub(super) async fn compare(
        &self,
        feed: &Feed,
        delivery: &DeliveryId,
        named: &mut Named,
    ) -> anyhow::Result<Compared> {
        let (begun, store, patience) = (Instant::now(), &self.store, self.patience());
        let found = patience.with(|| store.find_outline(&feed.id)).await;
        let (version, outline) = found.context("looking for the outline of the catalogue")?;
        let comparing = Mutex::new(Comparing::with(named));
        let comparing = &comparing;
        if let Some(outline) = &outline {
            patience
                .with(|| async move {
                    let see = |part: &[u8]| lock(comparing).see_part(part);
                    let parts = lock(comparing).parts;
                    store.read_outline(&feed.id, outline, parts, see).await
                })
                .await
                .context("comparing with the outline of the catalogue")?;
        } else {
            patience
                .with(|| async move {
                    let after = lock(comparing).after.clone();
                    let see = |item: Stored<'_>| lock(comparing).see(&item, delivery);
                    store.scan_items(&feed.id, after.as_deref(), see).await
                })
                .await
                .context("comparing with the catalogue")?;
        }
        let mut comparing = lock(comparing);
        let ids = comparing.ids();
        let is_outlined = outline.is_some();
        tracing::debug!(?ids, is_outlined, elapsed = ?begun.elapsed(), "compared with the catalogue");
        Ok(Compared {
            ids,
            version,
            is_outlined,
            lines: std::mem::replace(&mut comparing.lines, Lines::new()),
        })
    }

    /// Makes ready for writing items, if any `is_to_be_written`; gives the outline that is to
    /// follow, if one is to be made.
    pub(super) async fn begin_writing(
        &self,
        feed: &Feed,
        compared: Option<Compared>,
        is_to_be_written: bool,
    ) -> anyhow::Result<Option<Outlining>> {
        let mut version = None;
        if is_to_be_written {
            let touched = self
                .patience()
                .with(|| self.store.touch_items(&feed.id))
                .await
                .context("giving the items another version")?;
            version = Some(touched);
        }
        let Some(compared) = compared else {
            return Ok(None);
        };
        let is_needed = match version {
            None => !compared.is_outlined,
            // Otherwise somebody else wrote since they were read.
            Some(version) => version == compared.version + 1,
        };
        Ok(is_needed.then(|| Outlining {
            version: version.unwrap_or(compared.version),
            before: compared.lines,
            written: Arc::new(Mutex::new(Lines::new())),
        }))
    }

    /// Leaves an outline for the next ingest, now that everything is written.
    pub(super) async fn leave_outline(&self, feed: &Feed, named: &Named, outlining: Outlining) {
        let begun = Instant::now();
        match self.try_outline(feed, named, outlining).await {
            Ok(is_used) => tracing::debug!(is_used, elapsed = ?begun.elapsed(), "left an outline"),
            Err(error) => tracing::debug!("left no outline: {error:#}"),
        }
    }

    async fn try_outline(&self, feed: &Feed, named: &Named, outlining: Outlining) -> anyhow::Result<bool> {
        let written = std::mem::replace(&mut *lock(&outlining.written), Lines::new());
        ensure!(
            written.len() == named.count_written_anew(),
            "{} items were written and not {}",
            written.len(),
            named.count_written_anew()
        );
        let mut outline = Outline::of(outlining.version);
        let before = outlining.before.read(PART)?.map(|part| {
            let lines = part?.into_iter().filter_map(|line| named.outlive(line));
            Ok(lines.collect::<Vec<_>>())
        });
        for part in before.chain(written.read(PART)?) {
            let part: Vec<Line> = part?;
            let bytes: Vec<u8> = part.into_iter().flat_map(Line::bytes).collect();
            if !bytes.is_empty() {
                self.store
                    .add_outline_part(&feed.id, &mut outline, &bytes)
                    .await?;
            }
        }
        Ok(self.store.publish_outline(&feed.id, &outline).await?)
    }
}

/// A comparison on its way through the catalogue.
struct Comparing<'a> {
    named: &'a mut Named,
    ids: Ids,
    back: u64,
    lines: Lines,
    /// The key seen last; a scan that begins anew begins behind it, for what is seen twice would
    /// count twice.
    after: Option<String>,
    /// The same of an outline: the parts that were seen.
    parts: u64,
}

impl<'a> Comparing<'a> {
    fn with(named: &'a mut Named) -> Self {
        Self {
            named,
            ids: Ids::default(),
            back: 0,
            lines: Lines::new(),
            after: None,
            parts: 0,
        }
    }

    fn see(&mut self, item: &Stored<'_>, delivery: &DeliveryId) {
        let after = self.after.get_or_insert_default();
        after.clear();
        after.push_str(item.key);
        let line = Line::of(item);
        let met = self.named.compare(line, item, delivery.as_str());
        self.count(line, met);
    }

    /// No item of an outline is from the delivery that is under way: it would not be true.
    fn see_part(&mut self, part: &[u8]) {
        self.parts += 1;
        for line in Line::all(part) {
            let met = self.named.meet(line, None);
            self.count(line, met);
        }
    }

    fn count(&mut self, line: Line, met: Met) {
        self.lines.add(line);
        match met {
            Met::Stays => self.ids.live += 1,
            Met::Gone => {
                self.ids.live += 1;
                self.ids.gone += 1;
            }
            Met::Back => self.back += 1,
            Met::Absent => {}
        }
    }

    fn ids(&self) -> Ids {
        Ids {
            new: self.named.unmatched() + self.back,
            ..self.ids
        }
    }
}

/// Nobody is long with what is locked here: a line, or one closure after another.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
