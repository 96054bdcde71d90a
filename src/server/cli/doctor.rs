//! `feedgate doctor`: proves the law of conservation, per partner and day and delivery by
//! delivery.
//!
//! The figures that pages show must add up, and so must every entry of the log by itself: received
//! = accepted + unchanged + quarantined (+ in flight while it is being applied). The quarantine
//! has exactly the records that the log says it held. Of the products that a delivery withdrew no
//! more are marked than the log says, and none by a delivery that took no effect.

use super::issue;
use super::opened::Opened;
use crate::domain::account::Scope;
use crate::domain::delivery::{Delivery, Origin, Status};
use crate::domain::format::{count, counted};
use crate::domain::query::DeliveryFilter;
use crate::domain::reconciliation::{Difference, Law};
use crate::server::config::Database;
use crate::server::pipeline::reconcile::{count_held, of_entry, reconcile};
use crate::server::store::Store;
use std::collections::BTreeSet;
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
        let found = async {
            let differences = examine(&opened.store).await?;
            for difference in &differences {
                println!("{difference}");
            }
            let (feeds, faults) = issue::examine(&opened.store).await?;
            println!(
                "issues of {} compared, {}",
                counted(feeds, "feed", "feeds"),
                counted(faults, "fault", "faults")
            );
            anyhow::Ok(differences.is_empty() && faults == 0)
        }
        .await;
        opened.close().await;
        Ok(if found? {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

async fn examine(store: &Store) -> anyhow::Result<Vec<Difference>> {
    let proof = reconcile(store, &Scope::All, None, None).await?;
    let total = proof.total();
    println!(
        "{}: {} received, {} accepted, {} unchanged, {} quarantined, {} in flight",
        counted(proof.days.len() as u64, "partner's day", "partners' days"),
        count(total.received),
        count(total.accepted),
        count(total.unchanged),
        count(total.quarantined),
        count(total.in_flight),
    );
    let mut differences = proof.differences;
    let named: BTreeSet<_> = differences
        .iter()
        .filter_map(|d| d.delivery.as_ref().map(|(_, id)| id.clone()))
        .collect();
    let mut checked = 0_u64;
    let mut after = String::new();
    loop {
        let page = store
            .list_deliveries(&Scope::All, &DeliveryFilter::default(), &after, 1000)
            .await?;
        checked += page.rows.len() as u64;
        for d in page.rows.iter().filter(|d| d.status == Status::Processing) {
            let flight = count(d.in_flight());
            println!(
                "delivery {} of {} is still being applied: {flight} in flight",
                d.id, d.feed
            );
        }
        let entries = page.rows.iter().filter(|d| !named.contains(&d.id));
        differences.extend(entries.filter_map(of_entry));
        let decided = |d: &Delivery| d.status == Status::Accepted && d.origin == Origin::File;
        let decided: Vec<Delivery> = page.rows.into_iter().filter(decided).collect();
        differences.extend(count_held(store, &Scope::All, &decided).await?.1);
        match page.next {
            Some(next) => after = next,
            None => break,
        }
    }
    differences.extend(examine_withdrawn(store).await?);
    println!(
        "{} examined, {} in flight, {}",
        counted(checked, "delivery", "deliveries"),
        counted(total.in_flight, "record", "records"),
        counted(differences.len() as u64, "fault", "faults"),
    );
    Ok(differences)
}

/// Products may have come back since, so that fewer are marked than were withdrawn; never more.
async fn examine_withdrawn(store: &Store) -> anyhow::Result<Vec<Difference>> {
    let mut differences = Vec::new();
    for (feed, id, marked) in store.list_withdrawn().await? {
        let delivery = store.find_delivery(&Scope::All, &id).await?;
        let logged = match &delivery {
            Some((delivery, _)) if delivery.status == Status::Processing => continue,
            Some((delivery, _)) => delivery.counts.withdrawn,
            None => 0,
        };
        if marked > logged {
            differences.push(Difference {
                law: Law::Withdrawn,
                partner: feed.partner(),
                day: delivery.map(|(delivery, _)| delivery.received_at),
                delivery: Some((feed, id)),
                left: logged,
                right: marked,
            });
        }
    }
    Ok(differences)
}
