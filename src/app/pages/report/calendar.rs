//! Draws when files came: a row for each feed, a sign for each day, and the words in a legend.

use crate::api::report::FeedArrivals;
use crate::app::components::table::{Table, figure, figures, text};
use crate::app::link;
use crate::domain::arrivals::{self, Day, Mark};
use crate::domain::format::{self, count};
use leptos::prelude::*;

/// The days on time of all feeds together.
pub(super) fn on_time(feeds: &[FeedArrivals]) -> Option<f64> {
    let days: Vec<Day> = feeds.iter().flat_map(|feed| feed.days.iter().copied()).collect();
    arrivals::on_time(&days)
}

/// The calendar of every feed.
pub(super) fn section(feeds: Vec<FeedArrivals>) -> AnyView {
    if feeds.is_empty() {
        return ().into_any();
    }
    let mut columns = vec![text("Feed"), text("Expected")];
    if let Some(feed) = feeds.first() {
        columns.extend(
            feed.days
                .iter()
                .map(|day| text(day.day.format("%-d").to_string())),
        );
    }
    columns.extend([figures("On time"), figures("Late"), figures("Missing")]);
    let ends = feeds
        .first()
        .and_then(|feed| Some((feed.days.first()?.day, feed.days.last()?.day)));
    let ends = ends.map(|(first, last)| {
        format!(
            "{} to {}, days in UTC",
            first.format("%-d %B"),
            last.format("%-d %B %Y")
        )
    });
    let legend: Vec<_> = [
        Mark::OnTime,
        Mark::Late,
        Mark::Missing,
        Mark::Unread,
        Mark::Nothing,
    ]
    .into_iter()
    .map(|mark| {
        view! {
            <li>
                <span class=format!("day {}", class(mark)) aria-hidden="true">
                    {mark.sign()}
                </span>
                " "
                {mark.word()}
            </li>
        }
    })
    .collect();
    let rows: Vec<_> = feeds.into_iter().map(row).collect();
    view! {
        <section class="block arrivals">
            <h2>"When files came"</h2>
            <p class="hint">{ends}</p>
            <Table caption="When files came" columns rows/>
            <ul class="legend">{legend}</ul>
        </section>
    }
    .into_any()
}

fn row(feed: FeedArrivals) -> AnyView {
    let of = |mark: Mark| feed.days.iter().filter(|day| day.mark == mark).count() as u64;
    let (late, missing) = (of(Mark::Late), of(Mark::Missing));
    let on_time = arrivals::on_time(&feed.days);
    let every = feed.every.map_or_else(
        || "no rhythm".to_owned(),
        |hours| {
            format!(
                "every {}",
                format::span(chrono::TimeDelta::hours(i64::from(hours)))
            )
        },
    );
    let days: Vec<_> = feed.days.iter().map(|day| cell(*day)).collect();
    view! {
        <tr>
            <th scope="row">
                <a href=link::feed(&feed.feed).href()>{feed.feed.name().to_owned()}</a>
            </th>
            <td class="nowrap">{every}</td>
            {days}
            {figure(format::percent(on_time))}
            {figure(count(late))}
            {figure(count(missing))}
        </tr>
    }
    .into_any()
}

fn cell(day: Day) -> AnyView {
    let files = match (day.files, day.unread) {
        (0, _) => String::new(),
        (files, 0) => format!(", {}", format::counted(files, "file", "files")),
        (files, unread) => format!(
            ", {}, {} could not be read",
            format::counted(files, "file", "files"),
            count(unread)
        ),
    };
    let words = format!("{}: {}{files}", day.day.format("%-d %B"), day.mark.word());
    let title = words.clone();
    view! {
        <td class=format!("day {}", class(day.mark)) title=title>
            <span aria-hidden="true">{day.mark.sign()}</span>
            <span class="unseen">{words}</span>
        </td>
    }
    .into_any()
}

fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Nothing | Mark::Ahead => "none",
        Mark::Came | Mark::OnTime => "good",
        Mark::Late => "watch",
        Mark::Missing | Mark::Unread => "bad",
    }
}
