//! Puts a partner's report together: what to mend first, and how a stretch of time was.
//!
//! Nothing is counted here: issues are kept as deliveries end, and figures come from rollups.

use super::sight::Sight;
use super::summary::{summary, total};
use crate::api::report::{FeedArrivals, ReportView};
use crate::domain::account::{Scope, Viewer};
use crate::domain::arrivals::{Came, calendar};
use crate::domain::delivery::{Direction, Status};
use crate::domain::health::{self, Signs};
use crate::domain::ids::PartnerId;
use crate::domain::issue::Standing;
use crate::domain::query::{Asked, DeliveryFilter, IssueFilter, IssueSort, IssueStates, Span};
use crate::domain::rollup::BucketSize;
use crate::domain::score::Score;
use crate::error::AppError;
use crate::server::calendar::Grain;
use crate::server::context::AppState;
use crate::server::store::FeedState;
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, Utc};

/// Issues shown of those that need attention, and of those that were mended.
const ISSUES: (u32, u32) = (12, 8);
/// Deliveries shown, and of those that could not be read.
const DELIVERIES: (u32, u32) = (15, 10);
/// Months offered.
const MONTHS: u32 = 12;

/// A month, or the last 30 days.
struct Time {
    /// As in the address; empty for the last 30 days.
    word: String,
    /// As [`Asked`] has it.
    range: String,
    first: NaiveDate,
    last: NaiveDate,
    words: String,
    is_over: bool,
}

fn time(month: &str, now: DateTime<Utc>) -> Result<Time, AppError> {
    let today = now.date_naive();
    if month.is_empty() {
        return Ok(Time {
            word: String::new(),
            range: "30d".to_owned(),
            first: today.checked_sub_days(Days::new(29)).unwrap_or(today),
            last: today,
            words: "in the last 30 days".to_owned(),
            is_over: false,
        });
    }
    let sound = month.len() == 7;
    let first = NaiveDate::parse_from_str(&format!("{month}-01"), "%Y-%m-%d").ok();
    let first = first
        .filter(|first| sound && *first <= today && first.year() > 2000)
        .ok_or_else(|| AppError::not_found("month"))?;
    let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
    let is_over = next <= today;
    Ok(Time {
        word: month.to_owned(),
        // The month that runs is not shown beyond now.
        range: if is_over {
            format!("{first}..{next}")
        } else {
            "month".to_owned()
        },
        first,
        last: next.pred_opt().unwrap_or(first),
        words: format!("in {}", first.format("%B %Y")),
        is_over,
    })
}

fn months(now: DateTime<Utc>) -> Vec<(String, String)> {
    let today = now.date_naive();
    let first = today.with_day(1).unwrap_or(today);
    (0..MONTHS)
        .filter_map(|back| first.checked_sub_months(Months::new(back)))
        .map(|month| {
            (
                month.format("%Y-%m").to_string(),
                month.format("%B %Y").to_string(),
            )
        })
        .collect()
}

/// Reads the report of a partner in the caller's scope.
pub async fn read(
    state: &AppState,
    viewer: &Viewer,
    id: &PartnerId,
    month: &str,
) -> Result<ReportView, AppError> {
    let store = &state.store;
    let found = store.find_partner(&viewer.scope(), id).await?;
    let partner = found.ok_or_else(|| AppError::not_found("partner"))?;
    let scope = Scope::Only(vec![id.clone()]);
    let now = state.clock.now();
    let time = time(month, now)?;
    let asked = Asked {
        range: time.range.clone(),
        ..Asked::default()
    };
    let sight = Sight::new(&asked, now);
    let (span, grain) = (sight.stretch.span, sight.stretch.grain());
    let files = DeliveryFilter {
        partner: Some(id.clone()),
        span: Some(span),
        direction: Some(Direction::Ingest),
        replays: Some(false),
        ..DeliveryFilter::default()
    };
    let refused = DeliveryFilter {
        status: Some(Status::Refused),
        ..files.clone()
    };
    let needs = IssueFilter {
        partner: Some(id.clone()),
        state: IssueStates::Active,
        ..IssueFilter::default()
    };
    let mended = IssueFilter {
        state: IssueStates::Any,
        standing: Some(Standing::Fixed),
        ..needs.clone()
    };
    let (mut feeds, deliveries, unread, attention, fixed) = tokio::try_join!(
        store.list_feeds(&scope, Some(id)),
        store.list_deliveries(&scope, &files, "", DELIVERIES.0),
        store.list_deliveries(&scope, &refused, "", DELIVERIES.1),
        store.list_issues(&scope, &needs, IssueSort::Impact, "", ISSUES.0),
        store.list_issues(&scope, &mended, IssueSort::LastSeen, "", ISSUES.1),
    )?;
    // It is about what the partner sends.
    feeds.retain(|f| f.feed.direction == Direction::Ingest);
    let arrivals = arrivals(state, &scope, &feeds, &time, now).await?;
    let rolled = state.figures.read(&scope, &sight.spans(), grain, now).await?;
    let health = feeds
        .iter()
        .map(|f| {
            let signs = Signs {
                direction: f.feed.direction,
                last: f.last,
                expected_every_hours: f.feed.expected_every_hours,
                counts: rolled.of_feed(&f.feed.id, span).counts,
            };
            health::judge(&signs, now)
        })
        .max_by_key(|health| health.lamp);
    let all = rolled.of_partner(id, span);
    let figures = summary(&total(&all));
    let nothing = Signs::of_nothing(figures.counts);
    let seen = |issue| super::issue::seen_by(viewer, issue);
    // What the newest file has no more, and of which no record waits, needs nobody's attention.
    let (needing, settled): (Vec<_>, Vec<_>) = attention
        .rows
        .into_iter()
        .partition(|issue| issue.standing.is_there() || issue.open > 0);
    let current = |issues: Vec<_>| if time.is_over { Vec::new() } else { issues };
    let report = ReportView {
        shown: sight.stretch.shown(),
        as_of: now,
        health: health.unwrap_or_else(|| health::judge(&nothing, now)),
        months: months(now),
        score: Score::of(&figures.counts, figures.deliveries, figures.refused),
        now: figures,
        compared: sight.compared(&rolled, Some(id)),
        active: attention.total - settled.len() as u64,
        attention: current(needing.into_iter().map(seen).collect()),
        fixed: current(fixed.rows.into_iter().map(seen).collect()),
        reasons: Vec::new(),
        arrivals,
        unread: unread.rows,
        files: deliveries.total,
        deliveries: deliveries.rows,
        charts: state.charts.all(
            all.values(),
            &sight.frame(&rolled, Some(id), format!("partner={id}"), Vec::new()),
        ),
        month: time.word,
        time: time.words,
        id: partner.id,
        name: partner.name,
    };
    // Whoever brings the figures up waits until nobody reads them, so no question goes out meanwhile.
    let as_of = (rolled.turn, now);
    drop(rolled);
    Ok(ReportView {
        reasons: super::reasons::of_partner(state, as_of, &scope, id, (span, grain)).await?,
        ..report
    })
}

/// When files of each feed came, by the hours of the figures.
async fn arrivals(
    state: &AppState,
    scope: &Scope,
    feeds: &[FeedState],
    time: &Time,
    now: DateTime<Utc>,
) -> Result<Vec<FeedArrivals>, AppError> {
    let begin = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let longest = feeds.iter().filter_map(|f| f.feed.expected_every_hours).max();
    // What came before the first day says when the next one was due.
    let look_back = TimeDelta::hours(i64::from(longest.unwrap_or(0)) * 2);
    let span = Span {
        from: begin(time.first) - look_back,
        until: begin(time.last) + TimeDelta::days(1),
    };
    let hours = state
        .figures
        .read(scope, &[span], Grain::Of(BucketSize::Hour), now)
        .await?;
    let of_feed = |f: &FeedState| {
        let buckets = hours.buckets_of_feed(&f.feed.id, span);
        // Of a feed that has been silent for long, its last file says what is missing.
        let before = f.last.map(|(at, _)| at).filter(|at| *at < span.from);
        let before = before.map(|at| Came {
            at,
            files: 1,
            unread: 0,
        });
        let inside = buckets
            .iter()
            .filter(|(_, rollup)| rollup.deliveries > 0)
            .map(|(at, rollup)| Came {
                at: *at,
                files: rollup.deliveries,
                unread: rollup.refused,
            });
        let came: Vec<Came> = before.into_iter().chain(inside).collect();
        let every = f.feed.expected_every_hours;
        FeedArrivals {
            feed: f.feed.id.clone(),
            every,
            days: calendar(time.first, time.last, &came, every, now),
        }
    };
    Ok(feeds.iter().map(of_feed).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_one_that_has_begun() {
        let now = DateTime::parse_from_rfc3339("2026-11-24T13:05:00Z")
            .expect("a time")
            .to_utc();
        let range = |month| time(month, now).map(|time| (time.range, time.is_over)).ok();
        assert_eq!(
            range("2026-10"),
            Some(("2026-10-01..2026-11-01".to_owned(), true))
        );
        assert_eq!(range("2026-11"), Some(("month".to_owned(), false)));
        for bad in [
            "2026-12",
            "2026-13",
            "2026-1",
            "x",
            "2026-11-01",
            "0000-01",
            "2026-1\u{661}",
        ] {
            assert_eq!(range(bad), None, "{bad}");
        }
        assert_eq!(months(now)[0].0, "2026-11");
    }
}
