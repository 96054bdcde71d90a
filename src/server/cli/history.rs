//! `feedgate generate history`: writes years of deliveries, to see what feedgate makes of them.

use super::opened::Opened;
use crate::domain::format::{count, counted};
use crate::server::clock::Clock;
use crate::server::config::Database;
use crate::server::demo::long::Long;
use crate::server::pipeline::rollup;
use std::process::ExitCode;
use std::time::{Duration, Instant};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Days of it, up to now
    #[arg(long, default_value_t = 365, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,

    /// How many partners, 52 at most
    #[arg(long, default_value_t = 52, value_name = "N")]
    partners: usize,

    /// Records received a day, on average of the last four weeks; a third of it on the first day
    #[arg(long, default_value_t = 5_000_000, value_name = "N")]
    records_per_day: u64,

    #[command(flatten)]
    database: Database,
}

impl Args {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let opened = Opened::open(&self.database, Duration::from_secs(10)).await?;
        let written = self.write(&opened).await;
        opened.close().await;
        written.map(|()| ExitCode::SUCCESS)
    }

    async fn write(&self, opened: &Opened) -> anyhow::Result<()> {
        let (store, clock) = (&opened.store, Clock::system());
        let long = Long {
            days: self.days,
            partners: self.partners,
            records_per_day: self.records_per_day,
        };
        let begun = Instant::now();
        let written = long.write(store, clock.now()).await?;
        println!(
            "{} written in {:.1} s; they tell of {} records",
            counted(written.deliveries, "delivery", "deliveries"),
            begun.elapsed().as_secs_f64(),
            count(written.records)
        );
        let begun = Instant::now();
        rollup::catch_up(store, &clock, "generate").await?;
        println!("rolled up in {:.1} s", begun.elapsed().as_secs_f64());
        Ok(())
    }
}
