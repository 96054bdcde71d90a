//! Narrows the board: fields, one chip per level, and chips for what came with a link.

use crate::app::components::filter::FilterForm;
use crate::app::components::select::{PartnerField, Select};
use crate::app::link::Link;
use crate::domain::format::count;
use crate::domain::ids::PartnerId;
use crate::domain::issue::Standing;
use crate::domain::issue::triage::State;
use crate::domain::query::IssueGroup;
use crate::domain::violation::Severity;
use leptos::prelude::*;

fn options<'a>(words: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<(String, String)> {
    let owned = |(value, label): (&str, &str)| (value.to_owned(), label.to_owned());
    words.into_iter().map(owned).collect()
}

/// The fields.
pub(super) fn form(link: &Link, partners: Vec<(PartnerId, String)>, may_triage: bool) -> AnyView {
    let fields = [
        "partner", "feed", "state", "since", "who", "q", "group", "assignee",
    ];
    let narrowed = !link.hidden(&["sort", "group"]).is_empty();
    // What has no field here, but came with a link.
    let hidden: Vec<_> = link
        .hidden(&fields)
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect();
    let mut states = options([("any", "any state"), ("regressed", "regressed")]);
    states.extend(State::ALL.map(|s| (s.word().to_owned(), s.label().to_owned())));
    let standings = options(Standing::ALL.map(|s| (s.word(), s.word())));
    let sides = options([("partner", "partner"), ("us", "us"), ("nobody", "nobody")]);
    let groups = options(IssueGroup::ALL.map(|g| (g.word(), g.label())));
    let [partner, feed, text, state, since, who, group] =
        ["partner", "feed", "q", "state", "since", "who", "group"].map(|name| link.get(name));
    let mine = may_triage.then(|| {
        let options = options([("mine", "me"), ("asked", "anybody, and a note asks me")]);
        let chosen = link.get("assignee");
        view! { <Select label="Assigned to" name="assignee" none="anybody" options chosen/> }
    });
    view! {
        <FilterForm action="/issues".to_owned()>
            <div class="filters" role="search">
                {hidden}
                <PartnerField partners chosen=partner/>
                <label class="field">
                    <span>"Feed"</span>
                    <input name="feed" value=feed placeholder="partner/feed" autocomplete="off"/>
                </label>
                <label class="field">
                    <span>"Text"</span>
                    <input
                        name="q"
                        value=text
                        placeholder="rule, attribute, tag"
                        autocomplete="off"
                    />
                </label>
                <Select label="State" name="state" none="open" options=states chosen=state/>
                <Select
                    label="Last delivery"
                    name="since"
                    none="whatever it says"
                    options=standings
                    chosen=since
                />
                <Select label="Who must act" name="who" none="anybody" options=sides chosen=who/>
                {mine}
                <Select label="Group by" name="group" none="nothing" options=groups chosen=group/>
                <button>"Filter"</button>
                {narrowed.then(|| view! { <a href="/issues">"Clear"</a> })}
            </div>
        </FilterForm>
    }
    .into_any()
}

/// How many issues there are of each level; the chosen one leads back.
pub(super) fn levels(link: &Link, levels: Vec<(Severity, u64)>) -> AnyView {
    let chosen = link.get("severity");
    let chips: Vec<_> = levels
        .into_iter()
        .map(|(level, issues)| {
            let current = level.word() == chosen;
            let to = if current { "" } else { level.word() };
            let href = link.clone().with("severity", to).href();
            view! {
                <li>
                    <a class="chip" href=href aria-current=current.then_some("true")>
                        <span class=format!("level {}", level.word()) aria-hidden="true"></span>
                        <span>{level.word()}</span>
                        <span class="count">{count(issues)}</span>
                        {current.then(remove)}
                    </a>
                </li>
            }
        })
        .collect();
    view! {
        <nav aria-label="Levels">
            <ul class="chips rules">{chips}</ul>
        </nav>
    }
    .into_any()
}

/// What came with a link and has no field, each to be taken away.
pub(super) fn chips(link: &Link) -> AnyView {
    let chips: Vec<_> = ["code", "attribute", "delivery", "shape"]
        .into_iter()
        .filter_map(|name| {
            let value = link.get(name);
            let words = match (name, value.as_str()) {
                (_, "") => return None,
                ("code", code) => format!("rule {code}"),
                ("attribute", "-") => "about the whole record".to_owned(),
                ("attribute", attribute) => format!("attribute {attribute}"),
                ("shape", shape) => format!("values like {shape}"),
                (_, _) => "last found in one delivery".to_owned(),
            };
            let href = link.clone().with(name, "").href();
            Some(view! {
                <a class="chip" aria-current="true" href=href>
                    <span>{words}</span>
                    {remove()}
                </a>
            })
        })
        .collect();
    if chips.is_empty() {
        return ().into_any();
    }
    view! { <p class="chips">{chips}</p> }.into_any()
}

fn remove() -> AnyView {
    view! {
        <span aria-hidden="true">"×"</span>
        <span class="unseen">", remove this filter"</span>
    }
    .into_any()
}
