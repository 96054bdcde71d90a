//! Prints what pages take on a month, a year and five years, how figures follow a burst, and what a
//! crowd meets.

use super::{Args, PATIENCE, Part, run_part, run_part_with};
use crate::domain::format::{bytes, count};
use crate::server::bench::{self, Burst, Crowd, Visit};
use crate::server::cli::opened::Opened;
use crate::server::clock::Clock;
use crate::server::config::Database;
use crate::server::demo::cast::CAST;
use crate::server::demo::long::Long;
use crate::server::demo::seed::Demo;
use crate::server::pipeline::ingest::Ingest;
use crate::server::pipeline::rollup;
use anyhow::Context;
use std::path::Path;
use std::time::Instant;

/// Databases of what is shown.
const MONTH: &str = "month";
const YEAR: &str = "year";
const YEARS: &str = "years";
const BURST: &str = "burst";
const NEWS: &str = "news";

impl Args {
    pub(super) async fn opened(&self, database: &str) -> anyhow::Result<Opened> {
        let database = Database {
            database: database.to_owned(),
            ..self.database.clone()
        };
        Opened::open(&database, PATIENCE).await
    }

    pub(super) async fn show(&self, folder: &Path) -> anyhow::Result<()> {
        self.show_a_month(folder).await?;
        self.show_years(YEAR, 365).await?;
        self.show_years(YEARS, 5 * 365).await?;
        self.follow_a_burst().await?;
        println!("\n| first visit | brotli |");
        println!("|---|---:|");
        for (name, size) in bench::weights(&self.web.site) {
            println!(
                "| {name} | {} |",
                size.map_or_else(|| "not built".to_owned(), bytes)
            );
        }
        Ok(())
    }

    /// The demo's business, in a database of its own, and many who look at it.
    async fn show_a_month(&self, folder: &Path) -> anyhow::Result<()> {
        let opened = self.opened(MONTH).await?;
        let ingest = Ingest {
            store: opened.store.clone(),
            clock: Clock::system(),
            patience: PATIENCE,
            taxonomy: None,
        };
        Demo {
            ingest,
            dir: folder.to_owned(),
            small: false,
        }
        .sow()
        .await?;
        rollup::catch_up(&opened.store, &Clock::system(), "bench").await?;
        let visits: Vec<Visit> = run_part(&opened, MONTH, Part::Pages, Some(&self.web), None)?;
        visit_rows("52 partners, 30 days", &visits);
        let crowd: Vec<Crowd> = run_part(&opened, MONTH, Part::Crowd, Some(&self.web), None)?;
        opened.close().await;
        println!("\n| a crowd, on a socket | connections | answers/s | p50 | p99 | errors |");
        println!("|---|---:|---:|---:|---:|---:|");
        for (what, met) in ["the overview", "a string of 30 kB, made anew for each (anchor)"]
            .iter()
            .zip(&crowd)
        {
            println!(
                "| {what} | {} | {:.0} | {:.1} ms | {:.1} ms | {} |",
                met.connections, met.rate, met.p50_ms, met.p99_ms, met.errors
            );
        }
        Ok(())
    }

    /// The overview over some years of five million records a day, beside adding the log up
    /// directly.
    async fn show_years(&self, database: &str, days: u32) -> anyhow::Result<()> {
        let opened = self.opened(database).await?;
        let (store, clock) = (&opened.store, Clock::system());
        let long = Long {
            days,
            partners: 52,
            records_per_day: 5_000_000,
        };
        let begun = Instant::now();
        let written = long.write(store, clock.now()).await?;
        let wrote = begun.elapsed();
        let begun = Instant::now();
        rollup::catch_up(store, &clock, "bench").await?;
        let rolled = begun.elapsed();
        let begun = Instant::now();
        let groups = store.add_up_bare().await?;
        let bare = begun.elapsed();
        let visits: Vec<Visit> = run_part(&opened, database, Part::YearPages, Some(&self.web), None)?;
        let reports = self.report(&opened, database).await?;
        opened.close().await;
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let rate = written.deliveries as f64 / rolled.as_secs_f64();
        println!(
            "\n{} deliveries of {days} days, {} records: written in {:.1} s, rolled up in {:.1} s ({rate:.0} entries/s)",
            count(written.deliveries),
            count(written.records),
            wrote.as_secs_f64(),
            rolled.as_secs_f64(),
        );
        visit_rows(&format!("52 partners, {days} days"), &visits);
        println!(
            "| the log added up directly, {} figures (anchor) | {:.0} ms | | | | |",
            count(groups),
            bare.as_secs_f64() * 1000.0
        );
        visit_rows(&format!("{days} days, limit of p95 40 ms"), &reports);
        Ok(())
    }

    /// The report of the largest partner of those that send every hour, as its own people see it, with its issues.
    async fn report(&self, opened: &Opened, database: &str) -> anyhow::Result<Vec<Visit>> {
        let (store, now) = (&opened.store, Clock::system().now());
        let largest = CAST.iter().max_by_key(|member| (member.live, member.records));
        let member = largest.context("there are partners")?;
        for feed in member.feeds() {
            store.fold_forgotten(&feed.id, now).await?;
        }
        let asked = format!("--partner={}", member.slug);
        run_part_with(
            opened,
            database,
            Part::ReportPages,
            Some(&self.web),
            None,
            &[&asked],
        )
    }

    async fn follow_a_burst(&self) -> anyhow::Result<()> {
        let opened = self.opened(BURST).await?;
        let asked = format!("--entries={}", self.entries);
        let burst: Burst = run_part_with(&opened, BURST, Part::Burst, None, None, &[&asked])?;
        opened.close().await;
        let opened = self.opened(NEWS).await?;
        let (p50, p95): (f64, f64) = run_part(&opened, NEWS, Part::News, Some(&self.web), None)?;
        opened.close().await;
        println!("\n| the figures follow the log | entries/s | figures that differ |");
        println!("|---|---:|---:|");
        println!(
            "| a burst of {} entries, inserted into the log | {:.0} | |",
            count(burst.written.records),
            burst.written.rate()
        );
        println!(
            "| the same, inserted and in the figures | {:.0} | {} |",
            burst.rolled.rate(),
            burst.differences
        );
        println!("\nFrom an entry's insert to the page drawn with it: p50 {p50:.0} ms, p95 {p95:.0} ms");
        Ok(())
    }
}

pub(super) fn visit_rows(of: &str, visits: &[Visit]) {
    // Nobody waits for figures on a page that has none.
    let (moving, line) = if visits.iter().any(|v| v.moved_p50_ms.is_some()) {
        (" p50, a file came meanwhile |", "---:|")
    } else {
        ("", "")
    };
    println!("\n| page, {of} | p50 | p95 |{moving} p50, kept ready | HTML, brotli |");
    println!("|---|---:|---:|{line}---:|---:|");
    for v in visits {
        let moved = v
            .moved_p50_ms
            .map_or_else(String::new, |ms| format!(" {ms:.1} ms |"));
        println!(
            "| {} | {:.1} ms | {:.1} ms |{moved} {:.2} ms | {} |",
            v.path,
            v.p50_ms,
            v.p95_ms,
            v.ready_p50_ms,
            bytes(v.html_br)
        );
    }
}
