//! Shows one rule: what it means, records that pass and fail it, what to do, and a field to try
//! a value in.

use super::rules;
use crate::api::rule::{Attempt, ExampleView, RuleView, read_rule};
use crate::app::components::badge::SeverityBadge;
use crate::app::components::filter::FilterForm;
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::rule::RuleCode;
use crate::app::components::states::{Loading, Notice, Tone};
use crate::app::link;
use crate::domain::query::Total;
use crate::domain::violation::{Severity, Violation};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

/// The page.
#[component]
pub fn RulePage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        (
            params.with(|p| p.get("code").unwrap_or_default()),
            query.with(|q| q.get("value").unwrap_or_default()),
        )
    });
    let viewer = use_viewer();
    let view = Resource::new(move || asked.get(), |(code, value)| read_rule(code, value));
    view! {
        <Transition fallback=Loading>
            {move || Suspend::new(async move {
                let viewer = viewer.await;
                framed(viewer, view.await, Section::Rules, |_, view| content(view))
            })}
        </Transition>
    }
    .into_any()
}

fn content(view: RuleView) -> AnyView {
    let RuleView {
        as_of,
        rule,
        threshold,
        meaning,
        expected,
        fix,
        valid,
        invalid,
        family,
        waiting,
        attempt,
    } = view;
    let held = link::quarantine("code", &rule.code).href();
    let code = rule.code.clone();
    view! {
        <Title text=format!("{}: {}", rule.code, rule.title)/>
        <p class="crumbs">
            <a href="/rules">"Rules"</a>
            " / "
            {family.name.clone()}
        </p>
        <Head title=rule.title.clone() as_of>
            <SeverityBadge severity=rule.severity/>
        </Head>
        <div class="columns">
            <article class="prose">
                <p>{meaning}</p>
                <h2>"What is expected"</h2>
                <p>{expected}</p>
                <h2>"How to fix it"</h2>
                <p>{fix}</p>
                {examples("Records that fail", "fails", invalid)}
                {examples("Records that pass", "passes", valid)}
                {rule.attribute.clone().map(|attribute| trial(&code, &attribute, attempt))}
            </article>
            <aside class="facts card" aria-labelledby="rule-facts">
                <h2 id="rule-facts">"Rule"</h2>
                <dl>
                    {fact("Code", view! { <code>{rule.code.clone()}</code> }.into_any())}
                    {fact(
                        "Attribute",
                        rule
                            .attribute
                            .map_or_else(
                                || "the record or file as a whole".into_any(),
                                |a| view! { <code>{a}</code> }.into_any(),
                            ),
                    )}
                    {threshold.map(|words| fact("Border", words.into_any()))}
                    {fact("Effect", effect(rule.severity).into_any())}
                    {fact("Who acts", who(&rule.actor).into_any())}
                    {fact(
                        "Waiting",
                        if waiting == Total::Exactly(0) {
                            "no held record fails it".into_any()
                        } else {
                            view! { <a href=held>{waiting.counted("held record", "held records")}</a> }
                                .into_any()
                        },
                    )}
                </dl>
            </aside>
        </div>
        {(!family.rules.is_empty())
            .then(|| {
                view! {
                    <section class="block">
                        <h2>"Rules beside it"</h2>
                        {rules::table("Rules beside it".to_owned(), family.rules)}
                    </section>
                }
            })}
    }
    .into_any()
}

fn fact(name: &'static str, value: AnyView) -> AnyView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
        </div>
    }
    .into_any()
}

fn effect(severity: Severity) -> &'static str {
    match severity {
        Severity::Fatal => "the whole file is refused",
        Severity::Error => "the record is quarantined",
        Severity::Warning => "the record passes, with a warning",
        Severity::Info => "told, nothing more",
    }
}

fn who(actor: &str) -> &'static str {
    match actor {
        "partner" => "the partner mends the feed",
        "us" => "we mend our profile or contract of the feed",
        _ => "nobody",
    }
}

fn examples(heading: &'static str, class: &'static str, examples: Vec<ExampleView>) -> AnyView {
    if examples.is_empty() {
        return ().into_any();
    }
    let cards: Vec<_> = examples.into_iter().map(|example| card(example, class)).collect();
    view! {
        <h2>{heading}</h2>
        <ul class=format!("examples {class}")>{cards}</ul>
    }
    .into_any()
}

/// One record in a few lines; what the rule looks at is marked.
fn card(example: ExampleView, class: &'static str) -> AnyView {
    let lines: Vec<_> = example
        .lines
        .into_iter()
        .map(|(name, value, marked)| {
            let value = if value.is_empty() {
                view! { <span class="muted none">"empty"</span> }.into_any()
            } else if marked {
                view! { <mark>{value}</mark> }.into_any()
            } else {
                value.into_any()
            };
            view! {
                <div class:marked=marked>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                </div>
            }
        })
        .collect();
    let says = example.violation.map(|v| {
        let would = v.suggestion.map(|suggestion| {
            view! {
                " Would pass: "
                <code>{suggestion}</code>
            }
        });
        view! { <p class="says">{v.message} {would}</p> }
    });
    view! {
        <li class=format!("example card {class}")>
            <dl>{lines}</dl>
            {says}
        </li>
    }
    .into_any()
}

/// A field to try a value in; the address carries it, so that an answer can be sent on.
fn trial(code: &str, attribute: &str, attempt: Option<Attempt>) -> AnyView {
    let action = link::rule(code).href();
    let label = format!("{attribute} of an otherwise sound record in EUR");
    let tried = attempt.as_ref().map(|a| a.value.clone()).unwrap_or_default();
    view! {
        <section class="trial" aria-labelledby="trial">
            <h2 id="trial">"Try a value"</h2>
            <FilterForm action>
                <div class="filters">
                    <label class="field">
                        <span>{label}</span>
                        <input name="value" value=tried autocomplete="off" required/>
                    </label>
                    <button>"Check it"</button>
                </div>
            </FilterForm>
            {attempt.map(outcome)}
        </section>
    }
    .into_any()
}

fn outcome(attempt: Attempt) -> AnyView {
    let Attempt {
        value: _,
        understood,
        violations,
    } = attempt;
    let understood = understood.map(|value| {
        view! {
            <p>
                "It is understood as " <code>{value}</code> "."
            </p>
        }
    });
    if violations.is_empty() {
        return view! {
            <Notice tone=Tone::Good>
                <p>"The record passes every rule with this value."</p>
                {understood}
            </Notice>
        }
        .into_any();
    }
    let tone = if violations.iter().any(|v| v.severity <= Severity::Error) {
        Tone::Bad
    } else {
        Tone::Plain
    };
    let items: Vec<_> = violations.into_iter().map(finding).collect();
    view! {
        <Notice tone>
            <ul class="violations">{items}</ul>
            {understood}
        </Notice>
    }
    .into_any()
}

fn finding(violation: Violation) -> AnyView {
    view! {
        <li>
            <p>
                <SeverityBadge severity=violation.severity/>
                " "
                {violation.message}
                " "
                <RuleCode code=violation.code.into_owned()/>
            </p>
            {violation
                .suggestion
                .map(|suggestion| {
                    view! {
                        <p class="suggestion">
                            "Would pass: " <code>{suggestion}</code>
                        </p>
                    }
                })}
        </li>
    }
    .into_any()
}
