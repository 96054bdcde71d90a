//! Shows the contract of one feed, rule by rule, what fails now first and the rest folded by attribute, and lets those who may change what it makes of
//! one; below stands how it came about.
//!
//! The rule that is being changed is named in the address, so that the form works, and can be
//! sent on, without a script.

use super::tabs::{Place, tabs};
use super::{crumbs, named};
use crate::api::contract::{
    AmendContract, Border, ContractRow, ContractView, Editing, Newest, VersionRow, read_contract,
};
use crate::app::components::badge::SeverityBadge;
use crate::app::components::filter::FilterForm;
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::rule::RuleCode;
use crate::app::components::select::Select;
use crate::app::components::states::{Empty, Loading, Refused};
use crate::app::components::table::{Table, figure, figures, text};
use crate::app::components::time::{Ago, Instant};
use crate::app::link::{self, Link};
use crate::domain::contract::Level;
use crate::domain::format;
use crate::domain::ids::FeedId;
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use leptos_router::params::ParamsMap;
use std::cmp::Reverse;

/// Changes what the contract makes of a rule.
type Amend = ServerAction<AmendContract>;

/// The page.
#[component]
pub fn ContractPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let of = |name| query.with(|q| q.get(name).unwrap_or_default());
        (params.with(named), of("find"), of("rule"))
    });
    let amend = Amend::new();
    let viewer = use_viewer();
    // A change leads back to the address without the rule; a refusal brings what was typed back in
    // the address.
    let typed = move || query.with(ParamsMap::clone);
    let view = Resource::new(
        move || asked.get(),
        |(feed, find, rule)| read_contract(feed, find, rule),
    );
    view! {
        <Transition fallback=Loading>
            {move || {
                let (_, find, _) = asked.get();
                let typed = typed();
                Suspend::new(async move {
                    let viewer = viewer.await;
                    framed(viewer, view.await, Section::Partner, |_, view| content(view, find, &typed, amend))
                })
            }}
        </Transition>
    }
    .into_any()
}

fn content(view: ContractView, find: String, typed: &ParamsMap, amend: Amend) -> AnyView {
    let ContractView {
        feed,
        partner_name,
        as_of,
        version,
        may_change,
        rows,
        newest,
        total,
        versions,
        editing,
    } = view;
    let here = link::contract(&feed);
    let is_whole = find.is_empty();
    let all = here.href();
    let own = rows.iter().filter(|row| row.own.is_some()).count();
    let sentence = if own == 0 {
        "the rule book as it stands".to_owned()
    } else {
        format!("{} set otherwise", format::counted(own as u64, "rule", "rules"))
    };
    let sentence = if find.is_empty() {
        format!("Version {version}: {sentence}")
    } else {
        format!(
            "{} of {}",
            format::count(rows.len() as u64),
            format::counted(total, "rule", "rules")
        )
    };
    view! {
        <Title text=format!("Contract of {feed}")/>
        {crumbs(&feed, partner_name, true)}
        <Head title="Contract" as_of>
            <p class="muted">{sentence}</p>
        </Head>
        {tabs(&feed, Place::Contract)}
        {editing.map(|editing| form(&feed, version, editing, typed, amend))}
        <FilterForm action=here.path().to_owned()>
            <div class="filters" role="search">
                <label class="field">
                    <span>"Code, attribute or word"</span>
                    <input type="search" name="find" value=find.clone() autocomplete="off"/>
                </label>
                <button>"Search"</button>
                {(!find.is_empty()).then(|| view! { <a href=all>"Show all rules"</a> })}
            </div>
        </FilterForm>
        {if rows.is_empty() {
            view! {
                <Empty title="No rule matches">
                    <p>"No rule that a contract can set has all of these words in its code, its attribute or its title."</p>
                </Empty>
            }
                .into_any()
        } else if is_whole {
            apart(rows, newest, as_of, &here, may_change)
        } else {
            rules("What the contract makes of the rules found", rows, &here, may_change)
        }}
        <section class="block">
            <h2>"How it came about"</h2>
            {history(versions)}
        </section>
    }
    .into_any()
}

/// All rules: those that fail now, those set otherwise, and the rest folded by attribute.
fn apart(
    rows: Vec<ContractRow>,
    newest: Option<Newest>,
    as_of: DateTime<Utc>,
    here: &Link,
    may_change: bool,
) -> AnyView {
    let (mut failing, rest): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.failing > 0);
    failing.sort_by_key(|row| Reverse(row.failing));
    let (own, rest): (Vec<_>, Vec<_>) = rest.into_iter().partition(|row| row.own.is_some());
    let newest = newest.map(|newest| {
        let href = format!("/deliveries/{}", newest.delivery);
        let nothing = failing
            .is_empty()
            .then(|| view! { <p class="muted">"No record fails any rule that a contract can set."</p> });
        view! {
            <section class="block">
                <h2>
                    "Failing in the newest file"
                </h2>
                <p class="muted">
                    <a href=href>{newest.name}</a>
                    ", "
                    <Ago at=newest.at as_of/>
                </p>
                {nothing}
                {(!failing.is_empty()).then(|| rules("Rules that fail now", failing, here, may_change))}
            </section>
        }
    });
    let own = (!own.is_empty()).then(|| {
        view! {
            <section class="block">
                <h2>"Set otherwise"</h2>
                {rules("Rules set otherwise than in the rule book", own, here, may_change)}
            </section>
        }
    });
    let groups: Vec<_> = by_attribute(rest)
        .into_iter()
        .map(|(name, rows)| {
            let count = format::counted(rows.len() as u64, "rule", "rules");
            view! {
                <details>
                    <summary>
                        {name.clone()} " " <span class="muted">{count}</span>
                    </summary>
                    {rules(&format!("Rules: {name}"), rows, here, may_change)}
                </details>
            }
        })
        .collect();
    view! {
        {newest}
        {own}
        <section class="block folded">
            <h2>"All other rules, by attribute"</h2>
            {groups}
        </section>
    }
    .into_any()
}

/// The rows of each attribute, in the order in which the rule book comes to it.
fn by_attribute(rows: Vec<ContractRow>) -> Vec<(String, Vec<ContractRow>)> {
    let mut groups: Vec<(String, Vec<ContractRow>)> = Vec::new();
    for row in rows {
        let name = row
            .attribute
            .clone()
            .unwrap_or_else(|| "the whole record".to_owned());
        match groups.iter_mut().find(|(of, _)| *of == name) {
            Some((_, group)) => group.push(row),
            None => groups.push((name, vec![row])),
        }
    }
    groups
}

fn rules(caption: &str, rows: Vec<ContractRow>, here: &Link, may_change: bool) -> AnyView {
    let is_failing = rows.iter().any(|row| row.failing > 0);
    let mut columns = vec![
        text("Code"),
        text("What fails"),
        text("Attribute"),
        text("In the rule book"),
        text("In this contract"),
    ];
    if is_failing {
        columns.insert(1, figures("Records"));
    }
    if may_change {
        columns.push(text("Change"));
    }
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| {
            let change = may_change.then(|| {
                let href = here.clone().with("rule", &row.code).href();
                let label = format!("Change {}", row.code);
                view! {
                    <td>
                        <a href=href aria-label=label>
                            "Change"
                        </a>
                    </td>
                }
            });
            let own = match row.own {
                Some(words) => view! { <strong>{words}</strong> }.into_any(),
                None => view! { <span class="muted">"the same"</span> }.into_any(),
            };
            view! {
                <tr>
                    <th scope="row">
                        <RuleCode code=row.code/>
                    </th>
                    {is_failing.then(|| figure(format::count(row.failing)))}
                    <td class="wrap">{row.title}</td>
                    <td>
                        {match row.attribute {
                            Some(name) => {
                                let href = here.clone().with("find", &name).href();
                                view! { <a href=href>{name}</a> }.into_any()
                            }
                            None => view! { <span class="muted">"all"</span> }.into_any(),
                        }}
                    </td>
                    <td>
                        <SeverityBadge severity=row.severity/>
                    </td>
                    <td class="wrap">{own}</td>
                    {change}
                </tr>
            }
            .into_any()
        })
        .collect();
    view! { <Table caption=caption.to_owned() columns rows/> }.into_any()
}

/// Everything that can be set of one rule, and why.
fn form(feed: &FeedId, version: u32, editing: Editing, typed: &ParamsMap, amend: Amend) -> AnyView {
    let rule = editing.rule.clone();
    let settings = settings(editing, typed, amend);
    let reason = typed.get("reason").unwrap_or_default();
    let failed = move || match amend.value().get() {
        Some(Err(AppError::Invalid { field, message })) => {
            (!FIELDS.contains(&field.as_str())).then_some(message)
        }
        Some(Err(error)) => Some(error.to_string()),
        _ => None,
    };
    let title = format!("Change {}", rule.code);
    let back = link::contract(feed).href();
    let feed = feed.to_string();
    view! {
        <Refused said=failed/>
        <section class="card amending" aria-labelledby="amending">
            <h2 id="amending">{title}</h2>
            <p class="muted">{rule.title}</p>
            <ActionForm action=amend>
                <input type="hidden" name="feed" value=feed/>
                <input type="hidden" name="version" value=version.to_string()/>
                <input type="hidden" name="wish[code]" value=rule.code/>
                {settings}
                <label class="field">
                    <span>"Why (the history keeps it, and the partner can read it)"</span>
                    <input
                        name="wish[reason]"
                        required
                        minlength="3"
                        maxlength="500"
                        autocomplete="off"
                        value=reason
                        aria-invalid=move || wrong(amend, "reason").map(|_| "true")
                        aria-describedby="reason-error"
                    />
                </label>
                {error(amend, "reason")}
                <div class="choices">
                    <button class="main">
                        "Put it in force"
                    </button>
                    <a href=back>"Leave it as it is"</a>
                </div>
            </ActionForm>
        </section>
    }
    .into_any()
}

/// What is wrong with one field, if anything.
fn wrong(amend: Amend, name: &'static str) -> Option<String> {
    match amend.value().get() {
        Some(Err(AppError::Invalid { field, message })) if field == name => Some(message),
        _ => None,
    }
}

/// The place for the sentence that says so, beside the field.
fn error(amend: Amend, name: &'static str) -> AnyView {
    view! {
        <p class="error" id=format!("{name}-error")>
            {move || wrong(amend, name)}
        </p>
    }
    .into_any()
}

/// What can be set of the rule: one field each, with what was `typed` in it when it was refused.
fn settings(editing: Editing, typed: &ParamsMap, amend: Amend) -> AnyView {
    let Editing {
        rule,
        own,
        border,
        is_told_at_end,
    } = editing;
    let levels = move || -> Vec<(String, String)> {
        Level::ALL
            .into_iter()
            .filter(|level| !is_told_at_end || matches!(level, Level::Off | Level::Info))
            .map(|level| (level.word().to_owned(), effect(level).to_owned()))
            .collect()
    };
    let typed = |name: &str, own: Option<String>| typed.get(name).or(own).unwrap_or_default();
    let word = |level: Option<Level>| level.map(|level| level.word().to_owned());
    let default = format!("As in the rule book ({})", rule.severity.word());
    view! {
        <div class="settings">
            <div>
                <Select
                    label="How much it matters"
                    name="wish[level]"
                    none=default.clone()
                    options=levels()
                    chosen=typed("level", word(own.level))
                />
                {error(amend, "level")}
            </div>
            <div>
                <label class="field">
                    <span>"From this day on (empty: at once)"</span>
                    <input
                        type="date"
                        name="wish[from]"
                        value=typed("from", own.from.map(|day| day.to_string()))
                        aria-invalid=move || wrong(amend, "from").map(|_| "true")
                        aria-describedby="from-error"
                    />
                </label>
                {error(amend, "from")}
            </div>
            <div>
                <Select
                    label="Until that day"
                    name="wish[before]"
                    none=default
                    options=levels()
                    chosen=typed("before", word(own.before))
                />
                {error(amend, "before")}
            </div>
            {border
                .map(|border| {
                    threshold(border, typed("threshold", own.threshold.map(|value| value.to_string())), amend)
                })}
            <div>
                <Select
                    label="On trial (counted, without effect)"
                    name="wish[shadow]"
                    none="Nothing on trial"
                    options=levels()
                    chosen=typed("shadow", word(own.shadow))
                />
                {error(amend, "shadow")}
            </div>
        </div>
    }
    .into_any()
}

/// The fields that can be wrong, each with a place for the sentence that says why.
const FIELDS: [&str; 6] = ["level", "from", "before", "threshold", "shadow", "reason"];

fn threshold(border: Border, value: String, amend: Amend) -> AnyView {
    let Border {
        name,
        unit,
        default,
        least,
        most,
    } = border;
    let label = format!("{}, in {unit} (empty: {default})", format::capital(&name));
    view! {
        <div>
            <label class="field">
                <span>{label}</span>
                <input
                    type="number"
                    name="wish[threshold]"
                    min=least.to_string()
                    max=most.to_string()
                    value=value
                    aria-invalid=move || wrong(amend, "threshold").map(|_| "true")
                    aria-describedby="threshold-error"
                />
            </label>
            {error(amend, "threshold")}
        </div>
    }
    .into_any()
}

fn effect(level: Level) -> &'static str {
    match level {
        Level::Off => "off: not asked",
        Level::Info => "info: told, nothing more",
        Level::Warning => "warning: the record passes",
        Level::Error => "error: the record is quarantined",
    }
}

fn history(versions: Vec<VersionRow>) -> AnyView {
    if versions.is_empty() {
        return view! { <p class="muted">"Nobody has changed it yet; version 1 is the rule book."</p> }
            .into_any();
    }
    let columns = vec![
        text("Version"),
        text("When"),
        text("Who"),
        text("What changed"),
        text("Why"),
    ];
    let rows: Vec<_> = versions
        .into_iter()
        .map(|row| {
            let changes: Vec<_> = row
                .changes
                .into_iter()
                .map(|change| view! { <p>{change}</p> })
                .collect();
            view! {
                <tr>
                    <th scope="row">{row.version}</th>
                    <td>
                        <Instant at=row.at/>
                    </td>
                    <td>{row.by}</td>
                    <td class="wrap">{changes}</td>
                    <td class="wrap">
                        <q>{row.reason}</q>
                    </td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <div class="deeds">
            <Table caption="Versions of the contract" columns rows/>
        </div>
    }
    .into_any()
}
