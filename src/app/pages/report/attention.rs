//! Lists what a partner should mend, what gains most first, and what it has mended.

use crate::app::components::badge::{SeverityBadge, StandingBadge};
use crate::app::components::rule::RuleCode;
use crate::app::components::states::{Notice, Tone};
use crate::app::components::time::Ago;
use crate::app::link::{self, Link};
use crate::domain::contract::rule;
use crate::domain::format::{self, count, counted};
use crate::domain::ids::PartnerId;
use crate::domain::issue::{Issue, Last, Standing};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// What needs attention and what was mended; nothing of a time that is over.
pub(super) fn section(
    partner: &PartnerId,
    attention: Vec<Issue>,
    active: u64,
    fixed: Vec<Issue>,
    as_of: DateTime<Utc>,
) -> AnyView {
    if attention.is_empty() && fixed.is_empty() {
        return if active == 0 {
            view! {
                <section class="block">
                    <h2>"Needs attention"</h2>
                    <Notice tone=Tone::Good>
                        <p>"Nothing: no issue is open."</p>
                    </Notice>
                </section>
            }
            .into_any()
        } else {
            ().into_any()
        };
    }
    let new = attention
        .iter()
        .filter(|issue| issue.standing == Standing::New)
        .count() as u64;
    let more = active.saturating_sub(attention.len() as u64);
    let items: Vec<_> = attention.into_iter().map(|issue| item(&issue, as_of)).collect();
    let all = link::issues_of(partner).href();
    let sentence = format!(
        "{}, {} of those shown new in the newest file. What gains most stands first.",
        counted(active, "issue", "issues"),
        count(new),
    );
    view! {
        <section class="block" id="attention">
            <h2>"Needs attention"</h2>
            <p class="hint">{sentence}</p>
            <ol class="mending">{items}</ol>
            {(more > 0).then(|| view! { <p><a href=all>{format!("See {} more", count(more))}</a></p> })}
        </section>
        {mended(fixed, as_of)}
    }
    .into_any()
}

fn item(issue: &Issue, as_of: DateTime<Utc>) -> AnyView {
    let known = rule(&issue.code);
    let there = issue.last.as_ref().filter(|_| issue.standing.is_there());
    let share = there.and_then(Last::share);
    let affected = there.map_or(0, |last| last.records);
    let href = link::issue(&issue.id).href();
    let csv = Link::to("/export/failures.csv")
        .with("feed", issue.feed.as_str())
        .with("code", &issue.code)
        .href();
    let waiting = (issue.open > 0).then(|| {
        view! {
            " · "
            <a href=link::held_for(issue).href()>
                {counted(issue.open, "record waits", "records wait")}
            </a>
            " · "
            <a href=csv download="">"all as CSV"</a>
        }
    });
    view! {
        <li class="card">
            <p class="marks">
                <SeverityBadge severity=issue.severity/>
                <StandingBadge standing=issue.standing/>
                <RuleCode code=issue.code.clone()/>
                {issue.attribute.clone().map(|attribute| view! { <code>{attribute}</code> })}
                <span class="muted">{issue.feed.name().to_owned()}</span>
            </p>
            <h3>
                <a href=href.clone()>{issue.title().to_owned()}</a>
            </h3>
            <p>
                <strong>{counted(affected, "product", "products")}</strong>
                {share.map(|share| format!(", {} of the newest file", format::percent(Some(share))))}
                ", since " <Ago at=issue.first_seen as_of/>
            </p>
            {known
                .map(|rule| {
                    view! {
                        <p class="muted">{rule.expected}</p>
                        <p>
                            <strong>"What to do: "</strong>
                            {rule.fix}
                        </p>
                    }
                })}
            <p class="ways">
                <a href=href>"Examples"</a>
                {waiting}
            </p>
        </li>
    }
    .into_any()
}

fn mended(fixed: Vec<Issue>, as_of: DateTime<Utc>) -> AnyView {
    if fixed.is_empty() {
        return ().into_any();
    }
    let items: Vec<_> = fixed
        .into_iter()
        .map(|issue| {
            view! {
                <li>
                    <a href=link::issue(&issue.id).href()>{issue.title().to_owned()}</a>
                    " "
                    <RuleCode code=issue.code.clone()/>
                    <span class="muted">
                        " last seen " <Ago at=issue.last_seen as_of/>
                    </span>
                </li>
            }
        })
        .collect();
    view! {
        <section class="block">
            <h2>"Fixed since the last file"</h2>
            <ul class="fixed">{items}</ul>
        </section>
    }
    .into_any()
}
