//! What both the overview and a partner's page show of a stretch of time: tiles and charts.

use super::log::{Log, Sums, and, ensure_near, files, percentile};
use super::page::Page;
use chrono::{DateTime, TimeDelta, Utc};
use feedgate::domain::format::{count, counted, percent};
use mongodb::bson::{Document, doc};

/// The stretch of time that the pages are asked for, and whose files they are about.
pub struct Shown {
    pub from: DateTime<Utc>,
    pub now: DateTime<Utc>,
    /// The partner, as a query of entries.
    pub whose: Document,
}

impl Shown {
    /// Files received in it.
    pub fn files(&self) -> Document {
        and(files(self.from, self.now), self.whose.clone())
    }

    /// The beginnings of its hours, the one still filling last.
    fn hours(&self) -> Vec<DateTime<Utc>> {
        let mut hours = Vec::new();
        let mut at = self.from;
        while at < self.now {
            hours.push(at);
            at += TimeDelta::hours(1);
        }
        hours
    }

    fn within(&self, hour: DateTime<Utc>) -> Document {
        and(files(hour, hour + TimeDelta::hours(1)), self.whose.clone())
    }

    /// The five tiles. What was received is compared with as much time before, as far as both are
    /// over.
    pub async fn ensure_tiles(&self, log: &Log, page: &mut Page) {
        let sums = log.sum(self.files()).await;
        let refused = and(self.files(), doc! {"status": "refused"});
        let (refused, came) = (
            log.count("deliveries", refused).await,
            log.count("deliveries", self.files()).await,
        );
        let open = doc! {"state": {"$in": ["quarantined", "queued", "rejected_again"]}};
        let open = log.count("quarantine", and(open, self.whose.clone())).await;
        let figures = page.take(".tile .figure");
        assert_eq!(figures.len(), 5);
        assert_eq!(figures[0], count(sums.received));
        assert_eq!(figures[1], percent(sums.rate()));
        let latencies = log.latencies(self.files()).await;
        ensure_near(&figures[2], percentile(&latencies, 0.95));
        assert_eq!(figures[3], count(open));
        assert_eq!(figures[4], count(refused));
        page.says(
            ".tile .label",
            &[
                "Records received",
                "Rejected",
                "Latency, p95",
                "Quarantined now",
                "Refused files",
            ]
            .map(str::to_owned),
        );

        let over = *self.hours().last().expect("an hour");
        let length = over - self.from;
        let (done, before) = (
            log.sum(and(files(self.from, over), self.whose.clone())).await,
            log.sum(and(files(self.from - length, self.from), self.whose.clone()))
                .await,
        );
        let deltas = page.take(".tile .delta");
        assert_eq!(deltas[0], more_or_fewer(done.received, before.received));
        let (is, was) = (done.rate().expect("a rate"), before.rate().expect("a rate"));
        assert!(
            (is - was).abs() >= 0.0005,
            "the rates differ, so that there is something to say"
        );
        let way = if is > was { "up" } else { "down" };
        assert_eq!(deltas[1], format!("{way} from {}", percent(Some(was))));
        assert_eq!(deltas[2], "as before");
        assert_eq!(
            deltas[4],
            format!("of {} received", counted(came, "file", "files"))
        );
    }

    /// The three charts: legends, names, and what each bucket says when pointed at; and, of one
    /// of them, the table twin.
    pub async fn ensure_charts(&self, log: &Log, page: &mut Page, table: &str) {
        // Where lines stand and what times are below is the axes' business.
        page.passes(".plot > text");
        page.passes("#latency .legend li");
        let total = log.sum(self.files()).await;
        let volume = [total.received, total.accepted, total.unchanged, total.quarantined].map(count);
        page.says("#volume .legend b", &volume);
        let mut rejection = page.take("#rejection .legend b").into_iter();
        assert_eq!(rejection.next(), Some(percent(total.rate())));
        // Where the chart reaches that far, from where somebody should act.
        assert!(rejection.all(|limit| limit == "25 %"));
        let latencies = log.latencies(self.files()).await;
        let shares = [0.5, 0.95, 0.99];
        let figures = page.take("#latency .legend b");
        for (figure, share) in figures.iter().zip(shares) {
            ensure_near(figure, percentile(&latencies, share));
        }
        let mut hours = Vec::new();
        for hour in self.hours() {
            let sums = log.sum(self.within(hour)).await;
            let latencies = log.latencies(self.within(hour)).await;
            let came = log.count("deliveries", self.within(hour)).await;
            hours.push((hour, sums, latencies, came));
        }
        let [said_volume, said_rejection, said_latency] = ["volume", "rejection", "latency"]
            .map(|chart| page.attribute(&format!("#{chart} .plot"), "aria-label").remove(0));
        assert_eq!(
            said_volume,
            format!(
                "Records received, per hour, UTC: {} received in {} buckets",
                count(total.received),
                hours.len()
            )
        );
        assert_eq!(
            said_rejection,
            format!(
                "Rejected, % of received, per hour, UTC: {} over the range",
                percent(total.rate())
            )
        );
        let [p50, p95, p99] = [&figures[0], &figures[1], &figures[2]];
        assert_eq!(
            said_latency,
            format!("Received to decided, per hour, UTC: p50 {p50}, p95 {p95}, p99 {p99} over the range")
        );
        let titles = ["volume", "rejection", "latency"]
            .map(|chart| page.take(&format!("#{chart} .plot a:not(.event) title")));
        page.passes(".plot");
        for titles in &titles {
            assert_eq!(titles.len(), hours.len());
        }
        for (i, (hour, sums, latencies, _)) in hours.iter().enumerate() {
            let so_far = if i + 1 == hours.len() { " so far" } else { "" };
            let label = format!("{}{so_far}", hour.format("%-d %b %H:%M"));
            assert_eq!(titles[0][i], format!("{label} · {}", said_of_volume(sums)));
            assert_eq!(titles[1][i], format!("{label} · {}", said_of_rejection(sums)));
            ensure_said_of_latency(&titles[2][i], &label, latencies);
        }
        match table {
            "volume" => ensure_volume_rows(page, &hours),
            "rejection" => ensure_rejection_rows(page, &hours),
            _ => ensure_latency_rows(page, &hours),
        }
    }
}

type Hour = (DateTime<Utc>, Sums, Vec<u64>, u64);

fn more_or_fewer(now: u64, before: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "small counts")]
    let change = (now as f64 - before as f64) / before as f64 * 100.0;
    assert!(change.abs() >= 1.0 && change < 900.0, "there is something to say");
    let word = if change > 0.0 { "more" } else { "fewer" };
    format!("{:.0} % {word} than before", change.abs())
}

fn said_of_volume(sums: &Sums) -> String {
    format!(
        "{} received · {} accepted · {} unchanged · {} quarantined",
        count(sums.received),
        count(sums.accepted),
        count(sums.unchanged),
        count(sums.quarantined)
    )
}

fn said_of_rejection(sums: &Sums) -> String {
    match sums.rate() {
        None => "nothing received".to_owned(),
        rate => format!(
            "{} rejected · {} of {} received",
            percent(rate),
            count(sums.quarantined),
            count(sums.received)
        ),
    }
}

fn ensure_said_of_latency(said: &str, label: &str, latencies: &[u64]) {
    let said = said.strip_prefix(label).and_then(|said| said.strip_prefix(" · "));
    let said = said.unwrap_or_else(|| panic!("“{label}” is not said"));
    if latencies.is_empty() {
        assert_eq!(said, "nothing decided");
        return;
    }
    for (part, (name, share)) in said
        .split(" · ")
        .zip([("p50 ", 0.5), ("p95 ", 0.95), ("p99 ", 0.99)])
    {
        ensure_near(
            part.strip_prefix(name).expect("its name"),
            percentile(latencies, share),
        );
    }
}

/// The newest first, under its name.
fn ensure_named<'h>(rows: &[Vec<String>], hours: &'h [Hour]) -> impl Iterator<Item = &'h Hour> {
    assert_eq!(rows.len(), hours.len());
    for (i, (row, hour)) in rows.iter().zip(hours.iter().rev()).enumerate() {
        let so_far = if i == 0 { ", so far" } else { "" };
        assert_eq!(row[0], format!("{}{so_far}", hour.0.format("%-d %b %H:%M")));
    }
    hours.iter().rev()
}

fn ensure_volume_rows(page: &mut Page, hours: &[Hour]) {
    let rows = page.table("Records received");
    for ((_, s, ..), row) in ensure_named(&rows, hours).zip(&rows) {
        let expected = [s.received, s.accepted, s.unchanged, s.quarantined, s.warned].map(count);
        assert_eq!(row[1..], expected, "{}", row[0]);
    }
}

fn ensure_rejection_rows(page: &mut Page, hours: &[Hour]) {
    let rows = page.table("Rejected, % of received");
    for ((_, s, ..), row) in ensure_named(&rows, hours).zip(&rows) {
        let expected = [percent(s.rate()), count(s.quarantined), count(s.received)];
        assert_eq!(row[1..], expected, "{}", row[0]);
    }
}

fn ensure_latency_rows(page: &mut Page, hours: &[Hour]) {
    let rows = page.table("Received to decided");
    for ((_, _, latencies, came), row) in ensure_named(&rows, hours).zip(&rows) {
        for (cell, share) in row[1..4].iter().zip([0.5, 0.95, 0.99]) {
            ensure_near(cell, percentile(latencies, share));
        }
        assert_eq!(row[4], count(*came), "{}", row[0]);
    }
}
