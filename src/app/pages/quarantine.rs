//! Lists held records, the newest first, each with what is wrong with it.

use super::bulk::{Chosen, choose};
use crate::api::bulk::PlanBulk;
use crate::api::quarantine::{Extent, HeldList, list_held_records};
use crate::app::components::badge::StateBadge;
use crate::app::components::filter::FilterForm;
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::pager::Pager;
use crate::app::components::select::{PartnerField, Select};
use crate::app::components::states::{Empty, Loading};
use crate::app::components::table::{Table, figure, figures, text};
use crate::app::components::time::Ago;
use crate::app::link::{self, Link};
use crate::domain::account::Right;
use crate::domain::format::{self, count};
use crate::domain::ids::PartnerId;
use crate::domain::quarantine::{HeldRecord, State};
use crate::domain::query::{HeldAsk, HeldSearch, Scanned};
use crate::domain::violation::Severity;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// What narrows the list by looking at each record.
const SEARCH: [&str; 6] = ["attribute", "severity", "from", "to", "attempts", "text"];

/// The page.
#[component]
pub fn Quarantine() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        query.with(|q| {
            (
                Link::carry("/quarantine", q, &HeldAsk::PARAMS),
                q.get("after").unwrap_or_default(),
            )
        })
    });
    let viewer = use_viewer();
    let plan = ServerAction::<PlanBulk>::new();
    let list = Resource::new(
        move || asked.get(),
        |(link, after)| list_held_records(HeldAsk::read(|name| link.get(name)), after),
    );
    view! {
        <Title text="Quarantine"/>
        <Transition fallback=Loading>
            {move || {
                let (link, after) = asked.get();
                Suspend::new(async move {
                    let viewer = viewer.await;
                    framed(
                        viewer,
                        list.await,
                        Section::Quarantine,
                        |viewer, list| {
                            let plan = viewer.may(Right::ReplayRecord).then_some(plan);
                            content(list, link, after.is_empty(), plan)
                        },
                    )
                })
            }}
        </Transition>
    }
    .into_any()
}

fn content(list: HeldList, link: Link, first: bool, plan: Option<ServerAction<PlanBulk>>) -> AnyView {
    let HeldList {
        filter,
        as_of,
        page,
        extent,
        codes,
        partners,
    } = list;
    let csv = link
        .hidden(&[])
        .into_iter()
        .fold(Link::to("/export/quarantine.csv"), |csv, (name, value)| {
            csv.with(&name, &value)
        })
        .href();
    let shown = page.rows.len();
    let ended = page.next.is_none();
    let (total, sentence, pager) = match extent {
        Extent::Counted(total) => {
            let nouns = ("record", "records");
            let pager = view! { <Pager link=link.clone() nouns shown total next=page.next first/> };
            (Some(total), total.counted("record", "records"), pager.into_any())
        }
        Extent::Scanned(scanned) => {
            let pager = go_on(&link, scanned, shown, page.next, first);
            (None, so_far(scanned), pager)
        }
    };
    let body = if shown == 0 {
        view! {
            {(first && ended).then(|| empty(&link))}
            {total.is_none().then_some(pager)}
        }
        .into_any()
    } else {
        view! {
            {plan.map(|plan| choose(&link, total, plan))}
            {table(page.rows, &partners, as_of, &link, &filter.search, plan.is_some())}
            <p class="after">
                <a href=csv download="">"Download as CSV"</a>
            </p>
            {pager}
        }
        .into_any()
    };
    view! {
        <Head title="Quarantine" as_of live=true>
            <p class="muted">{sentence}</p>
        </Head>
        <Filters link=link.clone() partners/>
        <Codes link codes/>
        {body}
    }
    .into_any()
}

/// How far a search has come: `Scanned 20 000 of 134 000 records`.
fn so_far(scanned: Scanned) -> String {
    match scanned.of {
        Some(of) => format!(
            "Scanned {} of {}",
            count(scanned.examined),
            format::counted(of, "record", "records")
        ),
        None => format!(
            "Scanned {}",
            format::counted(scanned.examined, "record", "records")
        ),
    }
}

/// How far a search has come, and the way on: behind a full page to the next one, else to look at
/// more records.
fn go_on(link: &Link, scanned: Scanned, shown: usize, next: Option<String>, first: bool) -> AnyView {
    let found = format::counted(shown as u64, "match", "matches");
    let (sentence, onward) = match (&next, shown) {
        (None, _) => (
            format!("{}; {found} on this page, and no more.", so_far(scanned)),
            "",
        ),
        (Some(_), 0) => (
            format!("{}; none of these matches.", so_far(scanned)),
            "Go on scanning",
        ),
        (Some(_), _) => (
            format!("{}; {found} on this page.", so_far(scanned)),
            "Go on scanning",
        ),
    };
    let start = link.clone().with("after", "").href();
    let next = next.map(|after| link.clone().with("after", &after).href());
    view! {
        <nav class="pager" aria-label="Pages">
            <p>{sentence}</p>
            <ul>
                {(!first)
                    .then(|| {
                        view! {
                            <li>
                                <a class="button" href=start>"From the newest"</a>
                            </li>
                        }
                    })}
                {next
                    .map(|href| {
                        view! {
                            <li>
                                <a class="button" href=href rel="next">{onward}</a>
                            </li>
                        }
                    })}
            </ul>
        </nav>
    }
    .into_any()
}

/// What is looked for in each record.
#[component]
fn Search(link: Link) -> impl IntoView {
    let is_open = SEARCH.iter().any(|name| !link.get(name).is_empty());
    let severities = Severity::ALL
        .into_iter()
        .filter(|severity| *severity != Severity::Fatal)
        .map(|s| (s.word().to_owned(), s.word().to_owned()))
        .collect();
    let longest = HeldSearch::TEXT_MAX.to_string();
    view! {
        <details class="search" open=is_open>
            <summary>"Search in the records"</summary>
            <div class="filters">
                <label class="field">
                    <span>"Text in a value or message"</span>
                    <input name="text" value=link.get("text") maxlength=longest autocomplete="off"/>
                </label>
                <label class="field">
                    <span>"Attribute"</span>
                    <input name="attribute" value=link.get("attribute") placeholder="gtin" autocomplete="off"/>
                </label>
                <Select label="Severity" name="severity" none="any" options=severities chosen=link.get("severity")/>
                <label class="field">
                    <span>"Received from (UTC)"</span>
                    <input type="date" name="from" value=link.get("from")/>
                </label>
                <label class="field">
                    <span>"to"</span>
                    <input type="date" name="to" value=link.get("to")/>
                </label>
                <label class="field">
                    <span>"Replayed at least"</span>
                    <input type="number" name="attempts" min="0" step="1" value=link.get("attempts")/>
                </label>
            </div>
        </details>
    }
    .into_any()
}

#[component]
fn Filters(link: Link, partners: Vec<(PartnerId, String)>) -> impl IntoView {
    let narrowed = !link.hidden(&[]).is_empty();
    let mut states = vec![("any".to_owned(), "any state".to_owned())];
    states.extend(State::ALL.map(|s| (s.word().to_owned(), s.label().to_owned())));
    // What has no field here, but came with a link.
    let hidden: Vec<_> = link
        .hidden(&["partner", "feed", "state", "item"])
        .into_iter()
        .filter(|(name, _)| !SEARCH.contains(&name.as_str()))
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect();
    let delivery = link.get("delivery");
    let without = link.clone().with("delivery", "").href();
    view! {
        <FilterForm action="/quarantine".to_owned()>
            <div class="filters" role="search">
                {hidden}
                <PartnerField partners chosen=link.get("partner")/>
                <label class="field">
                    <span>"Feed"</span>
                    <input name="feed" value=link.get("feed") placeholder="partner/feed" autocomplete="off"/>
                </label>
                <Select label="State" name="state" none="waiting" options=states chosen=link.get("state")/>
                <label class="field">
                    <span>"Product id"</span>
                    <input name="item" value=link.get("item") autocomplete="off"/>
                </label>
                <button>"Filter"</button>
                {narrowed.then(|| view! { <a href="/quarantine">"Clear"</a> })}
            </div>
            <Search link=link.clone()/>
        </FilterForm>
        {(!delivery.is_empty())
            .then(|| {
                view! {
                    <p class="chips">
                        <a class="chip" aria-current="true" href=without title="Show those of every delivery">
                            "of one delivery"
                            <span aria-hidden="true">"×"</span>
                            <span class="unseen">", remove this filter"</span>
                        </a>
                    </p>
                }
            })}
    }
    .into_any()
}

/// One chip per rule that fails among these records; the chosen one leads back.
#[component]
fn Codes(link: Link, codes: Vec<(String, Option<u64>)>) -> impl IntoView {
    let chosen = link.get("code");
    let chips: Vec<_> = codes
        .into_iter()
        .map(|(code, records)| {
            let current = code == chosen;
            let href = link.clone().with("code", if current { "" } else { &code }).href();
            view! {
                <li>
                    <a class="chip" href=href aria-current=current.then_some("true")>
                        <span>{code}</span>
                        {records.map(|records| view! { <span class="count">{count(records)}</span> })}
                        {current
                            .then(|| {
                                view! {
                                    <span aria-hidden="true">"×"</span>
                                    <span class="unseen">", remove this filter"</span>
                                }
                            })}
                    </a>
                </li>
            }
        })
        .collect();
    view! {
        <nav aria-label="Rules">
            <ul class="chips rules">{chips}</ul>
        </nav>
    }
    .into_any()
}

fn empty(link: &Link) -> AnyView {
    if link.hidden(&[]).is_empty() {
        view! {
            <Empty title="Nothing waits here">
                <p>
                    "A record that breaks a rule of its contract is held here with its original bytes, until somebody mends and replays it or gives it up. "
                    <a href="/quarantine?state=any">"Show those that were dealt with"</a>
                </p>
            </Empty>
        }
        .into_any()
    } else {
        let any = link.clone().with("state", "any");
        let wider = (any != *link).then(|| any.href());
        view! {
            <Empty title="No held record matches">
                <p>
                    "Nothing in the quarantine fits these filters. "
                    {wider.map(|href| view! { <a href=href>"Look in every state"</a> " or " })}
                    <a href="/quarantine">"show all that wait"</a> "."
                </p>
            </Empty>
        }
        .into_any()
    }
}

fn table(
    records: Vec<HeldRecord>,
    partners: &[(PartnerId, String)],
    as_of: DateTime<Utc>,
    link: &Link,
    search: &HeldSearch,
    may_tick: bool,
) -> AnyView {
    // The records beside one are then those of the list.
    let code = link.get("code");
    let columns = vec![
        text("Product"),
        text("What is wrong"),
        text("Partner and feed"),
        text("State"),
        figures("Replays"),
        figures("Received"),
    ];
    let rows: Vec<_> = records
        .into_iter()
        .map(|r| row(r, partners, as_of, (&code, search), may_tick))
        .collect();
    view! { <Table caption="Held records" columns rows/> }.into_any()
}

fn row(
    record: HeldRecord,
    partners: &[(PartnerId, String)],
    as_of: DateTime<Utc>,
    (code, search): (&str, &HeldSearch),
    may_tick: bool,
) -> AnyView {
    let name = partners.iter().find(|(id, _)| *id == record.partner);
    let partner = name.map_or_else(|| record.partner.to_string(), |(_, name)| name.clone());
    let more = record.violations.len().saturating_sub(1);
    // What was looked for, where something was.
    let told = record.violations.iter().find(|violation| search.fits(violation));
    let wrong = match told.or(record.violations.first()) {
        Some(violation) => view! {
            {violation.message.clone()}
            {(more > 0).then(|| view! { " " <span class="more">{format!("+{more} more")}</span> })}
        }
        .into_any(),
        None => {
            view! { <span class="muted">"Nothing any more: its newest revision meets the contract."</span> }
                .into_any()
        }
    };
    let id = if record.item_id.is_empty() {
        "no id".to_owned()
    } else {
        record.item_id
    };
    let tick = may_tick.then(|| {
        let (record, name) = (record.id.clone(), id.clone());
        view! { <Chosen id=record name/> }
    });
    view! {
        <tr>
            <th scope="row" class="ticked">
                {tick}
                <span class="named">
                    <a href=link::record(&record.id).with("code", code).href()>{id}</a>
                    <span class="sub clip" title=record.title.clone()>{record.title.clone()}</span>
                </span>
            </th>
            <td class="wrap">{wrong}</td>
            <td>
                <span class="named">
                    {partner}
                    <span class="sub">{record.feed.name().to_owned()}</span>
                </span>
            </td>
            <td>
                <StateBadge state=record.state/>
            </td>
            {figure(count(u64::from(record.attempts)))}
            <td class="num">
                <a href=link::delivery(&record.delivery).href()>
                    <Ago at=record.received_at as_of/>
                </a>
            </td>
        </tr>
    }
    .into_any()
}
