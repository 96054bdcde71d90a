//! Puts the heat map together.

use super::sight::Sight;
use crate::api::heat::{Cell, Heat, HeatMap, HeatRow};
use crate::domain::account::Viewer;
use crate::domain::feed::Feed;
use crate::domain::format;
use crate::domain::ids::PartnerId;
use crate::domain::query::{Asked, Range, Span};
use crate::domain::rollup::{BucketSize, Rollup};
use crate::error::AppError;
use crate::server::calendar::Stretch;
use crate::server::context::AppState;
use crate::server::figures::Buckets;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Columns that fit a screen.
const MOST_COLUMNS: usize = 31;

/// Reads the map of the partners in the caller's scope.
pub async fn read(state: &AppState, viewer: &Viewer, heat: Heat, asked: &Asked) -> Result<HeatMap, AppError> {
    let scope = viewer.scope();
    let now = state.clock.now();
    let stretch = Sight::new(asked, now).stretch;
    let (partners, feeds) = tokio::try_join!(
        state.store.list_partners(&scope),
        state.store.list_feeds(&scope, None),
    )?;
    let columns = columns(&stretch, now);
    let mut of_partners = BTreeMap::<PartnerId, Vec<Feed>>::new();
    for state in feeds {
        of_partners
            .entry(state.feed.id.partner())
            .or_default()
            .push(state.feed);
    }
    let none = Vec::new();
    let figures = state
        .figures
        .read(&scope, &[stretch.span], stretch.grain(), now)
        .await?;
    let mut rows: Vec<HeatRow> = partners
        .into_iter()
        .map(|partner| {
            let feeds = of_partners.get(&partner.id).unwrap_or(&none);
            let cells = match heat {
                Heat::Rejected => {
                    let buckets = figures.of_partner(&partner.id, stretch.span);
                    columns.iter().map(|column| rejected(&buckets, *column)).collect()
                }
                Heat::Missing => {
                    let expected: Vec<(u32, Buckets)> = feeds
                        .iter()
                        .filter_map(|feed| {
                            let every = feed.expected_every_hours?;
                            Some((every, figures.buckets_of_feed(&feed.id, stretch.span)))
                        })
                        .collect();
                    columns
                        .iter()
                        .map(|column| missing(&expected, *column, now))
                        .collect()
                }
            };
            HeatRow {
                id: partner.id,
                name: partner.name,
                cells,
            }
        })
        .collect();
    rows.sort_by_cached_key(|row| row.name.to_lowercase());
    Ok(HeatMap {
        times: columns.iter().map(|column| time(&stretch, *column)).collect(),
        shown: stretch.shown(),
        as_of: now,
        rows,
    })
}

/// The stretch's buckets, as many together as makes few enough columns.
fn columns(stretch: &Stretch, now: DateTime<Utc>) -> Vec<Span> {
    let begun: Vec<_> = stretch.cuts.windows(2).filter(|ends| ends[0] <= now).collect();
    begun
        .chunks(begun.len().div_ceil(MOST_COLUMNS).max(1))
        .filter_map(|some| {
            Some(Span {
                from: some.first()?[0],
                until: some.last()?[1],
            })
        })
        .collect()
}

fn time(stretch: &Stretch, column: Span) -> String {
    let local = stretch.calendar.local(column.from);
    let form = match stretch.unit {
        BucketSize::Day => "%-d %b",
        BucketSize::Hour | BucketSize::Minute => "%-d %b %H:%M",
    };
    local.format(form).to_string()
}

fn sum(buckets: &Buckets, column: Span) -> Rollup {
    let mut sum = Rollup::empty(column.from);
    for (_, rollup) in buckets.range(column.from..column.until) {
        sum.merge(rollup);
    }
    sum
}

fn cell(share: Option<f64>, words: String, column: Span) -> Cell {
    Cell {
        share,
        words,
        range: Range::Between(column.from, column.until).to_param(),
    }
}

fn rejected(buckets: &Buckets, column: Span) -> Cell {
    let counts = sum(buckets, column).counts;
    let words = match counts.received {
        0 => "nothing received".to_owned(),
        received => format!(
            "{} of {} rejected",
            format::count(counts.quarantined),
            format::count(received)
        ),
    };
    cell(counts.rejection_rate(), words, column)
}

/// Files that a feed with a rhythm should have sent in the time, whole ones; a time shorter than
/// the rhythm says nothing, and neither does one that is not over.
#[expect(clippy::cast_precision_loss, reason = "a handful of files")]
fn missing(feeds: &[(u32, Buckets)], column: Span, now: DateTime<Utc>) -> Cell {
    let hours = u64::try_from(column.length().num_hours()).unwrap_or(0);
    let (mut due, mut gone) = (0, 0);
    for (every, buckets) in feeds.iter().filter(|_| column.until <= now) {
        let expected = hours / u64::from(*every).max(1);
        let came = sum(buckets, column).deliveries;
        due += expected;
        gone += expected.saturating_sub(came);
    }
    let words = match due {
        0 => "no file was due".to_owned(),
        due => format!(
            "{} of {} did not come",
            format::count(gone),
            format::counted(due, "file", "files")
        ),
    };
    cell((due > 0).then(|| gone as f64 / due as f64), words, column)
}
