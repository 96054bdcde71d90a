//! Draws the lines of the board, and its groups.

use super::assign;
use crate::api::issue::IssueGroupRow;
use crate::app::components::badge::{IssueBadge, SeverityBadge, StandingBadge};
use crate::app::components::rule::RuleCode;
use crate::app::components::spark::Sparkline;
use crate::app::components::table::{Column, Table, figure, figures, text};
use crate::app::components::time::Ago;
use crate::app::link::{self, Link};
use crate::domain::contract::rule;
use crate::domain::format::{self, count};
use crate::domain::ids::{DeliveryId, PartnerId};
use crate::domain::issue::triage::Triage;
use crate::domain::issue::{Issue, Last};
use crate::domain::query::{IssueGroup, IssueSort};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// Days of the sparkline.
const DAYS: u64 = 30;

/// What a partner is called.
pub(super) fn name_of(partners: &[(PartnerId, String)], id: &PartnerId) -> String {
    let found = partners.iter().find(|(partner, _)| partner == id);
    found.map_or_else(|| id.to_string(), |(_, name)| name.clone())
}

fn columns(link: &Link) -> Vec<Column> {
    let now = IssueSort::parse(&link.get("sort"));
    let sorted = |column: Column, sort: IssueSort| {
        let word = if sort == IssueSort::Impact {
            ""
        } else {
            sort.word()
        };
        let href = link.clone().with("sort", word).href();
        column.sorted(href, (sort == now).then_some("descending"))
    };
    vec![
        sorted(text("What is wrong"), IssueSort::Impact),
        text("Partner and feed"),
        text("State"),
        text("Who must act"),
        figures("Affected items"),
        sorted(figures("Share of feed"), IssueSort::Share),
        sorted(figures("Waiting"), IssueSort::Waiting),
        sorted(figures("Occurrences"), IssueSort::Occurrences),
        text(format!("{DAYS} days")),
        sorted(figures("Last seen"), IssueSort::LastSeen),
        sorted(figures("Since"), IssueSort::FirstSeen),
    ]
}

/// The issues.
pub(super) fn table(
    issues: Vec<Issue>,
    partners: &[(PartnerId, String)],
    as_of: DateTime<Utc>,
    link: &Link,
    may_triage: bool,
) -> AnyView {
    let rows: Vec<_> = issues
        .into_iter()
        .map(|issue| row(&issue, partners, as_of, may_triage))
        .collect();
    view! { <Table caption="Issues" columns=columns(link) rows/> }.into_any()
}

/// Whom notes ask who have not answered.
pub(super) fn asked(triage: &Triage) -> Option<String> {
    let names: Vec<&str> = triage.asked.iter().map(|person| &*person.name).collect();
    (!names.is_empty()).then(|| format::list(&names))
}

fn row(issue: &Issue, partners: &[(PartnerId, String)], as_of: DateTime<Utc>, may_triage: bool) -> AnyView {
    let expected = rule(&issue.code).map(|rule| rule.expected);
    let attribute = issue.attribute.clone();
    let there = issue.last.as_ref().filter(|_| issue.standing.is_there());
    let affected = there.map_or(0, |last| last.records);
    let share = there.and_then(Last::share);
    let assignee = match &issue.triage.assignee {
        Some(person) => Some(person.name.clone()),
        None if may_triage => Some("nobody yet".to_owned()),
        None => None,
    };
    let asked = asked(&issue.triage).map(|names| format!("a note asks {names}"));
    view! {
        <tr>
            <th scope="row" class=if may_triage { "ticked" } else { "" }>
                {may_triage.then(|| assign::tick(&issue.id, issue.title()))}
                <span class="named wrong">
                    <a href=link::issue(&issue.id).href()>{issue.title().to_owned()}</a>
                    <span class="sub clip" title=expected>
                        {expected}
                    </span>
                    <span class="sub marks">
                        <SeverityBadge severity=issue.severity/>
                        <RuleCode code=issue.code.clone()/>
                        {attribute.map(|attribute| view! { <code>{attribute}</code> })}
                    </span>
                </span>
            </th>
            <td>
                <span class="named">
                    {name_of(partners, &issue.partner)}
                    <a class="sub" href=link::feed(&issue.feed).href()>
                        {issue.feed.name().to_owned()}
                    </a>
                </span>
            </td>
            <td>
                <span class="named">
                    <span class="marks">
                        <IssueBadge state=issue.triage.state/>
                        {issue.triage.regressed.then(regressed)}
                        <StandingBadge standing=issue.standing/>
                    </span>
                    <span class="sub">{assignee}</span>
                    {asked.map(|asked| view! { <span class="sub">{asked}</span> })}
                </span>
            </td>
            <td>{issue.actor()}</td>
            {figure(count(affected))}
            {figure(share.map_or_else(|| "–".to_owned(), |share| format::percent(Some(share))))}
            <td class="num">{waiting(issue)}</td>
            {figure(count(issue.occurrences))}
            <td>
                <Sparkline values=issue.daily(as_of.date_naive(), DAYS) what="Records that failed"/>
            </td>
            <td class="num">
                <Ago at=issue.last_seen as_of/>
            </td>
            <td class="num">
                <Ago at=issue.first_seen as_of/>
            </td>
        </tr>
    }
    .into_any()
}

/// That it came back.
pub(super) fn regressed() -> AnyView {
    view! {
        <span class="badge error" title="It was resolved, and a delivery had it again">
            "regressed"
        </span>
    }
    .into_any()
}

/// How many records wait, as the way to them.
pub(super) fn waiting(issue: &Issue) -> AnyView {
    if issue.open == 0 {
        return view! { <span class="muted">"0"</span> }.into_any();
    }
    view! { <a href=link::held_for(issue).href()>{count(issue.open)}</a> }.into_any()
}

/// The issues put together, each group the way to its issues.
pub(super) fn groups(
    by: IssueGroup,
    groups: Vec<IssueGroupRow>,
    link: &Link,
    partners: &[(PartnerId, String)],
) -> AnyView {
    let how = match by {
        IssueGroup::Code => "One line per rule, over all feeds that break it.",
        IssueGroup::Attribute => "One line per attribute, over all rules about it.",
        IssueGroup::Partner => "One line per partner.",
        IssueGroup::Delivery => "One line per delivery that was the last to have an issue.",
        IssueGroup::Shape => {
            "One line per shape of the values in the examples: every digit is a 9, every letter an a. An issue with examples of several shapes is in several lines."
        }
    };
    let ungrouped = link.clone().with("group", "").with("sort", "");
    let rows: Vec<_> = groups
        .into_iter()
        .map(|group| {
            let (words, value) = named(by, &group.key, partners);
            let href = ungrouped.clone().with(by.word(), &value).href();
            view! {
                <tr>
                    <th scope="row">
                        <span class="named">
                            {match value.as_str() {
                                "" => words.into_any(),
                                _ => view! { <a href=href>{words}</a> }.into_any(),
                            }}
                        </span>
                    </th>
                    {figure(count(group.issues))}
                    {figure(count(group.affected))}
                    {figure(count(group.open))}
                </tr>
            }
            .into_any()
        })
        .collect();
    let columns = vec![
        text(capital(by.label())),
        figures("Issues"),
        figures("Affected items"),
        figures("Waiting"),
    ];
    view! {
        <p class="muted before">{how}</p>
        <Table caption=format!("Issues by {}", by.label()) columns rows/>
    }
    .into_any()
}

/// A group's words, and the parameter that narrows the board to it; empty where nothing does.
fn named(by: IssueGroup, key: &str, partners: &[(PartnerId, String)]) -> (String, String) {
    let words = match (by, key) {
        (IssueGroup::Attribute, "") => return ("the record as a whole".to_owned(), "-".to_owned()),
        (IssueGroup::Delivery, "") => "no delivery, only mended records".to_owned(),
        (IssueGroup::Shape, "") => "an empty value".to_owned(),
        (IssueGroup::Code, code) => {
            rule(code).map_or_else(|| code.to_owned(), |r| format!("{} ({code})", r.title))
        }
        (IssueGroup::Partner, id) => name_of(partners, &PartnerId::new(id)),
        (IssueGroup::Delivery, id) => format!("delivery {}", DeliveryId::new(id)),
        (_, key) => key.to_owned(),
    };
    (words, key.to_owned())
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
