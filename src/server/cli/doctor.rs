//! `feedgate doctor`: proves the law of conservation, delivery by delivery.
//!
//! For every delivery: received = accepted + unchanged + quarantined (+ in flight while it is
//! being applied), and the quarantine has exactly the records that the log says it held. Of the
//! products that a delivery withdrew no more are marked than the log says, and none by a delivery
//! that took no effect.

use super::opened::Opened;
use crate::domain::account::Scope;
use crate::domain::delivery::{Origin, Status};
use crate::domain::format::{count, counted};
use crate::domain::query::DeliveryFilter;
use crate::server::config::Database;
use crate::server::store::Store;
use std::process::ExitCode;
use std::time::Duration;

/// Prove that nothing was lost or counted twice
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 everything adds up, 1 something does not.")]
pub(super) struct Args {
    #[command(flatten)]
    database: Database,
}

impl Args {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let opened = Opened::open(&self.database, Duration::from_secs(10)).await?;
        let faults = examine(&opened).await;
        opened.close().await;
        let faults = faults?;
        for fault in &faults {
            println!("{fault}");
        }
        Ok(if faults.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

async fn examine(opened: &Opened) -> anyhow::Result<Vec<String>> {
    let store = &opened.store;
    let mut faults = Vec::new();
    let mut checked = 0_u64;
    let mut in_flight = 0_u64;
    let mut after = String::new();
    loop {
        let page = store
            .list_deliveries(&Scope::All, &DeliveryFilter::default(), &after, 1000)
            .await?;
        for d in &page.rows {
            checked += 1;
            if d.status == Status::Processing {
                in_flight += d.in_flight();
                println!(
                    "delivery {} of {} is still being applied: {} in flight",
                    d.id,
                    d.feed,
                    count(d.in_flight())
                );
            } else if !d.counts.conserved() {
                faults.push(format!(
                    "delivery {} of {}: {:?} do not add up",
                    d.id, d.feed, d.counts
                ));
            }
            // Entries of other writers say how many were rejected; the records are with them.
            if d.status == Status::Accepted && d.origin == Origin::File && !d.file.sha256.is_empty() {
                let (held, _) = store.count_held_of(&Scope::All, &d.id).await?;
                if held != d.counts.quarantined {
                    faults.push(format!(
                        "delivery {} of {}: the log says {} quarantined, the quarantine has {}",
                        d.id,
                        d.feed,
                        count(d.counts.quarantined),
                        count(held)
                    ));
                }
            }
        }
        match page.next {
            Some(next) => after = next,
            None => break,
        }
    }
    faults.extend(examine_withdrawn(store).await?);
    println!(
        "{} examined, {} in flight, {}",
        counted(checked, "delivery", "deliveries"),
        counted(in_flight, "record", "records"),
        counted(faults.len() as u64, "fault", "faults"),
    );
    Ok(faults)
}

/// Products may have come back since, so that fewer are marked than were withdrawn; never more.
async fn examine_withdrawn(store: &Store) -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    for (feed, id, marked) in store.list_withdrawn().await? {
        let delivery = store.find_delivery(&Scope::All, &id).await?;
        let logged = match &delivery {
            Some((delivery, _)) if delivery.status == Status::Processing => continue,
            Some((delivery, _)) => delivery.counts.withdrawn,
            None => 0,
        };
        if marked > logged {
            faults.push(format!(
                "delivery {id} of {feed}: the log says {} withdrawn, the catalogue has {} marked",
                count(logged),
                count(marked)
            ));
        }
    }
    Ok(faults)
}
