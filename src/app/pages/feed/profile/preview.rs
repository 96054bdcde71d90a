//! Shows what a profile makes of the first records: how many pass, what their names become, and
//! each of the first few as sent and as understood, side by side.

use crate::api::preview::{Fate, FieldView, NameView, Outcome, Preview, RecordView, Source};
use crate::app::components::badge::SeverityBadge;
use crate::app::components::rule::RuleCode;
use crate::app::components::states::{Notice, Tone};
use crate::app::components::table::{Table, figure, figures, text};
use crate::app::components::time::Instant;
use crate::app::link;
use crate::domain::format::{count, counted};
use crate::domain::violation::{Severity, Violation};
use leptos::prelude::*;

/// The whole of it. A draft is compared with the version in force.
pub(super) fn preview(preview: Preview, is_draft: bool, version: u32) -> AnyView {
    let Preview {
        source,
        records,
        names,
        outcome,
        standing,
    } = preview;
    let looked_at = outcome.records;
    let mut records = records.into_iter().map(record);
    let first = records.next().map(|draw| draw(true));
    let rest: Vec<_> = records.map(|draw| draw(false)).collect();
    view! {
        {of(source, &outcome)}
        <div class="fares">
            {fares(if is_draft { "This draft".to_owned() } else { format!("Version {version}") }, outcome)}
            {standing.map(|standing| fares(format!("Version {version}, in force"), standing))}
        </div>
        {(!names.is_empty()).then(|| names_table(names, looked_at))}
        <div class="previewed">
            {first}
            {rest}
        </div>
    }
    .into_any()
}

fn of(source: Source, outcome: &Outcome) -> AnyView {
    let format = if outcome.format.is_empty() {
        String::new()
    } else {
        format!(", read as {}", outcome.format)
    };
    match source {
        Source::Pasted => view! { <p class="muted">{format!("Of the pasted records{format}.")}</p> }.into_any(),
        Source::File { delivery, name, at } => view! {
            <p class="muted">
                "Of " <a href=link::delivery(&delivery).href()>{name}</a> ", which came " <Instant at/> {format}
                "."
            </p>
        }
        .into_any(),
    }
}

/// How the records fare under one profile.
fn fares(title: String, outcome: Outcome) -> AnyView {
    let Outcome {
        records,
        passed,
        stopped,
        reasons,
        ..
    } = outcome;
    let sentence = match records {
        0 => None,
        _ if passed == records => Some(format!(
            "All of the first {} would be accepted.",
            counted(records, "record", "records")
        )),
        _ => Some(format!(
            "{} of the first {} would be accepted.",
            count(passed),
            counted(records, "record", "records")
        )),
    };
    let chips: Vec<_> = reasons
        .into_iter()
        .map(|(code, records)| {
            view! {
                <li>
                    <RuleCode code/>
                    " "
                    <span class="muted">{count(records)}</span>
                </li>
            }
        })
        .collect();
    let stopped = stopped.map(|(code, message)| {
        let code = code.map(|code| view! { " " <RuleCode code/> });
        let lead = if code.is_some() {
            "The file is refused: "
        } else {
            ""
        };
        view! {
            <Notice tone=Tone::Bad>
                <p>{lead} {message} {code}</p>
            </Notice>
        }
    });
    view! {
        <section class="card">
            <h3>{title}</h3>
            {sentence.map(|sentence| view! { <p>{sentence}</p> })}
            {(!chips.is_empty()).then(|| view! { <ul class="reasons-of">{chips}</ul> })}
            {stopped}
        </section>
    }
    .into_any()
}

/// What becomes of a name, in words.
fn words(fate: Fate) -> &'static str {
    match fate {
        Fate::Mapped => "mapped",
        Fate::Known => "known as it is",
        Fate::Given => "given by the profile",
        Fate::Unknown => "no rule looks at it",
        Fate::Replaced => "the profile gives another value",
        Fate::Outdone => "another field of the record counts",
        Fate::LeftOut => "left out",
        Fate::Missing => "not sent",
    }
}

fn class(fate: Fate) -> &'static str {
    match fate {
        Fate::Mapped | Fate::Known | Fate::Given => "",
        Fate::Unknown => "unknown",
        Fate::Replaced | Fate::Outdone | Fate::LeftOut => "dropped",
        Fate::Missing => "lacking",
    }
}

fn names_table(names: Vec<NameView>, records: u64) -> AnyView {
    let unknown = names.iter().filter(|name| name.fate == Fate::Unknown).count() as u64;
    let sentence = format!(
        "{}, {} of them known to no rule",
        counted(names.len() as u64, "name", "names"),
        count(unknown)
    );
    let columns = vec![
        text("Sent as"),
        text("Becomes"),
        text("Because"),
        figures(format!("Filled, of {}", count(records))),
        text("First value"),
    ];
    let rows: Vec<_> = names
        .into_iter()
        .map(|name| {
            view! {
                <tr class=class(name.fate)>
                    <th scope="row">
                        <code>{name.sent}</code>
                    </th>
                    <td>
                        <code>{name.attribute}</code>
                    </td>
                    <td>{words(name.fate)}</td>
                    {figure(count(name.filled))}
                    <td class="value">
                        <span class="clip">{name.example}</span>
                    </td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <details class="names">
            <summary>{sentence}</summary>
            <Table caption="Names of the file" columns rows/>
        </details>
    }
    .into_any()
}

/// One record; the first stands open.
fn record(record: RecordView) -> impl FnOnce(bool) -> AnyView {
    move |open| {
        let RecordView {
            index,
            line,
            id,
            is_held,
            whole,
            fields,
            more,
        } = record;
        let found = whole.len() + fields.iter().map(|field| field.violations.len()).sum::<usize>();
        let name = if id.is_empty() {
            format!("Record {index}")
        } else {
            format!("Record {index}: {id}")
        };
        let place = (line > 0).then(|| format!("line {}, ", count(line)));
        let (badge, verdict) = if is_held {
            ("badge error", "would be quarantined")
        } else {
            ("badge accepted", "would be accepted")
        };
        let found = match found {
            0 => "nothing found".to_owned(),
            n => format!("{} found", counted(n as u64, "thing", "things")),
        };
        let columns = vec![
            text("Sent as"),
            text("Value as sent"),
            text("Becomes"),
            text("Value as understood"),
        ];
        let rows: Vec<_> = fields.into_iter().map(field).collect();
        let caption = format!("{name}, as sent and as understood");
        view! {
            <details class="one" open=open>
                <summary>
                    <strong>{name}</strong>
                    <span class=badge>{verdict}</span>
                    <span class="muted">{place} {found}</span>
                </summary>
                {(!whole.is_empty()).then(|| view! { <div class="whole">{violations(whole)}</div> })}
                <div class="attributes pairs">
                    <Table caption columns rows/>
                </div>
                {(more > 0)
                    .then(|| {
                        view! { <p class="muted">{format!("and {}", counted(more, "more field", "more fields"))}</p> }
                    })}
            </details>
        }
        .into_any()
    }
}

fn field(field: FieldView) -> AnyView {
    let FieldView {
        sent,
        fate,
        attribute,
        understood,
        violations: found,
    } = field;
    let mut classes = class(fate).to_owned();
    if let Some(worst) = found.iter().map(|v| v.severity).min() {
        classes.push_str(if worst <= Severity::Error {
            " fails"
        } else {
            " warns"
        });
    }
    let is_same = sent
        .as_ref()
        .is_some_and(|(_, value)| Some(value) == understood.as_ref());
    let (name, value) = match sent {
        None => (
            view! { <span class="muted none">"not sent"</span> }.into_any(),
            ().into_any(),
        ),
        Some((name, value)) if value.trim().is_empty() => (
            view! { <code>{name}</code> }.into_any(),
            view! { <p class="muted none">"empty"</p> }.into_any(),
        ),
        Some((name, value)) => (
            view! { <code>{name}</code> }.into_any(),
            view! { <p class="sent">{value}</p> }.into_any(),
        ),
    };
    let understood = match understood {
        None => {
            view! { <p class="muted none">{if fate == Fate::Missing { "missing" } else { "nothing" }}</p> }
                .into_any()
        }
        Some(value) if is_same => view! { <p class="sent same">{value}</p> }.into_any(),
        Some(value) => view! { <p class="sent">{value}</p> }.into_any(),
    };
    view! {
        <tr class=classes>
            <th scope="row">{name}</th>
            <td>{value}</td>
            <td>
                <code>{attribute}</code>
                <p class="muted small">{words(fate)}</p>
            </td>
            <td>{understood} {violations(found)}</td>
        </tr>
    }
    .into_any()
}

fn violations(found: Vec<Violation>) -> AnyView {
    if found.is_empty() {
        return ().into_any();
    }
    let items: Vec<_> = found
        .into_iter()
        .map(|violation| {
            let suggestion = violation.suggestion.map(|suggestion| {
                view! {
                    <p class="suggestion">
                        "Would pass: " <code>{suggestion}</code>
                    </p>
                }
            });
            view! {
                <li>
                    <p>
                        {violation.message} " " <RuleCode code=violation.code.into_owned()/>
                        {(violation.severity != Severity::Error)
                            .then(|| view! { " " <SeverityBadge severity=violation.severity/> })}
                    </p>
                    {suggestion}
                </li>
            }
        })
        .collect();
    view! { <ul class="violations">{items}</ul> }.into_any()
}
