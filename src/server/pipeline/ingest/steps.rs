//! Does, under the feed's lease, what makes a surveyed file take effect: compares it with the
//! catalogue, asks the gates, applies it, withdraws what it does not name, and decides.

use super::named::Named;
use super::{Ingest, Surveyed, gate};
use crate::domain::delivery::{Delivery, Status};
use crate::domain::feed::{Feed, Mode};
use crate::domain::gate::{Gate, Ids, Outcome};
use crate::domain::hold::Stage;
use crate::domain::report::Report;
use crate::server::store::Ending;
use anyhow::{Context, bail};
use chrono::TimeDelta;
use std::path::Path;
use std::sync::Arc;

impl Ingest {
    pub(super) async fn take_leased(
        &self,
        feed: &Feed,
        path: &Path,
        delivery: &mut Delivery,
        surveyed: &mut Surveyed,
    ) -> anyhow::Result<()> {
        let (store, patience) = (&self.store, self.patience());
        let (id, report) = (delivery.id.clone(), &mut surveyed.report);
        let interrupted = patience.with(|| store.list_interrupted(&feed.id, &id)).await?;
        for earlier in &interrupted {
            patience
                .with(|| store.close_interrupted(&feed.id, earlier, &id, self.clock.now()))
                .await?;
        }
        let releasing = delivery
            .hold
            .as_ref()
            .is_some_and(|hold| hold.stage == Stage::Releasing);
        let mut was_cut_off = !interrupted.is_empty();
        if releasing {
            self.begin_released(feed, delivery, report).await?;
        } else {
            let same = patience
                .with(|| store.find_same_file(&feed.id, &report.file.sha256, Status::Accepted))
                .await?;
            delivery.repeat_of = same.filter(|same| same.id != id).map(|same| same.id);
            was_cut_off |= !self.open(delivery, report).await?;
        }
        let compared = match Arc::get_mut(&mut surveyed.named) {
            Some(named) if feed.mode == Mode::Snapshot => Some(self.compare(feed, &id, named).await?),
            // A file of changes says nothing of the rest; its products are looked up as they
            // are written.
            _ => None,
        };
        let ids = compared.as_ref().map(|compared| compared.ids);
        if self
            .ask_gates(feed, delivery, report, &surveyed.named, ids)
            .await?
            == Outcome::Hold
        {
            return Ok(());
        }
        let is_to_be_written = ids.is_none_or(|ids| ids.gone > 0) || surveyed.named.count_written_anew() > 0;
        // What was interrupted may have writes on the way still: the next ingest looks itself.
        let outlining = self
            .begin_writing(feed, compared, is_to_be_written)
            .await?
            .filter(|_| interrupted.is_empty());
        let mut counts = self
            .apply(
                feed,
                &surveyed.terms,
                path,
                delivery,
                report,
                &surveyed.named,
                surveyed.kept.take(),
                outlining.as_ref(),
            )
            .await?;
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
        let ending = Ending {
            delivery,
            counts,
            codes: &surveyed.report.codes,
            samples: &surveyed.report.samples,
            was_cut_off,
        };
        patience
            .with(|| store.decide_delivery(&ending, self.clock.now()))
            .await
            .context("deciding")?;
        patience
            .with(|| store.supersede_holds(&feed.id, delivery.received_at, &id, self.clock.now()))
            .await
            .context("ending the holds of older files")?;
        if let Some(outlining) = outlining {
            self.leave_outline(feed, &surveyed.named, outlining).await;
        }
        Ok(())
    }

    /// Begins a delivery that somebody released, unless a newer file has taken effect: under the
    /// lease none can slip in between this look and what follows.
    async fn begin_released(&self, feed: &Feed, delivery: &Delivery, report: &Report) -> anyhow::Result<()> {
        let (store, patience, now) = (&self.store, self.patience(), self.clock.now());
        let newer = patience
            .with(|| store.find_newer_accepted(&feed.id, delivery.received_at))
            .await
            .context("looking for newer files")?;
        if let Some(newer) = newer {
            let before = delivery.received_at + TimeDelta::milliseconds(1);
            patience
                .with(|| store.supersede_holds(&feed.id, before, &newer, now))
                .await
                .context("ending the hold")?;
            bail!("a newer file of {} took effect as delivery {newer}", feed.id);
        }
        // Not tried again: when only the answer was lost, the second try would not be legal.
        store
            .begin_released(&delivery.id, &report.file, report.records.received, now)
            .await
            .context("beginning with the released delivery")
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
        let gate = if let Some(decided) = delivery.gate.take() {
            decided
        } else {
            let facts = gate::facts(report, named.len(), ids);
            gate::ask(store, &patience, feed, delivery, facts).await?
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
