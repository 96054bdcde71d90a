//! Has a file tried by the profile and the contract in force before it is sent: the whole report,
//! and nothing of it kept. The form works by itself; its answer is this page with the report.

use super::tabs::{Place, tabs};
use super::{crumbs, named};
use crate::api::trial::{TrialView, read_trial};
use crate::app::components::badge::SeverityBadge;
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::rule::RuleCode;
use crate::app::components::states::{Loading, Notice, Tone};
use crate::app::components::table::{Table, figure, figures, text};
use crate::app::link;
use crate::domain::contract;
use crate::domain::format::{self, count, counted};
use crate::domain::ids::FeedId;
use crate::domain::report::{CodeCount, Report, Sample, Shadow, Verdict};
use crate::domain::violation::Severity;
use crate::error::AppError;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

/// Fields named that nobody explains.
const COLUMNS: usize = 40;

/// The page.
#[component]
pub fn TrialPage() -> impl IntoView {
    let params = use_params_map();
    let feed = Memo::new(move |_| params.with(named));
    let viewer = use_viewer();
    let view = Resource::new(move || feed.get(), read_trial);
    view! {
        <Transition fallback=Loading>
            {move || {
                Suspend::new(async move {
                    let viewer = viewer.await;
                    framed(viewer, view.await, Section::Partner, |_, view| content(view))
                })
            }}
        </Transition>
    }
    .into_any()
}

fn content(view: TrialView) -> AnyView {
    let TrialView {
        feed,
        partner_name,
        as_of,
        profile_version,
        contract_version,
        file_max,
        may_send,
        outcome,
    } = view;
    let outcome = outcome.map(|outcome| match outcome {
        Ok(found) => report(&feed, found, may_send),
        Err(error) => failure(&error),
    });
    let again = outcome.is_some();
    view! {
        <Title text=format!("Try a file of {feed}")/>
        {crumbs(&feed, partner_name, true)}
        <Head title="Try a file" as_of>
            <p class="muted">
                {format!("by profile version {profile_version} and contract version {contract_version}")}
            </p>
        </Head>
        {tabs(&feed, Place::Trial)}
        {outcome}
        {form(&feed, file_max, again)}
    }
    .into_any()
}

fn form(feed: &FeedId, file_max: u64, again: bool) -> AnyView {
    let limit = format!(
        "{} MB at most, packed or not",
        format::count(file_max / 1_000_000)
    );
    let title = if again {
        "Try another"
    } else {
        "What is to be tried"
    };
    view! {
        <section class="card trial" aria-labelledby="try">
            <h2 id="try">{title}</h2>
            <p class="hint">
                "The file is checked as if it had been sent, and forgotten: nothing of it is kept, and the catalogue stays "
                "as it is. What only the last files can tell, such as a drop in products, is not looked at."
            </p>
            <form
                method="post"
                enctype="multipart/form-data"
                action=link::trial(feed).href()
                data-watched=link::trial_progress(feed).href()
                class="stack"
            >
                <label class="field">
                    <span>"File"</span>
                    <input type="file" name="file" aria-describedby="try-limit"/>
                </label>
                <p id="try-limit" class="muted small">
                    {limit}
                </p>
                <label class="field">
                    <span>"or a few records, pasted with their header"</span>
                    <textarea name="text" rows="6" spellcheck="false"></textarea>
                </label>
                <p>
                    <button class="button">"Check it"</button>
                </p>
                <progress max="100" aria-label="How far the file is" hidden=true></progress>
                <output aria-live="polite"></output>
            </form>
        </section>
    }
    .into_any()
}

fn failure(error: &AppError) -> AnyView {
    let sentence = error.to_string();
    view! {
        <Notice tone=Tone::Bad>
            <p>{sentence}</p>
        </Notice>
    }
    .into_any()
}

fn report(feed: &FeedId, report: Report, may_send: bool) -> AnyView {
    let (tone, sentence) = verdict(&report);
    let Report {
        file,
        records,
        codes,
        samples,
        shadow,
        unknown_columns,
        elapsed_ms,
        ..
    } = report;
    let read = file.verdict != Verdict::Refused;
    let why = file.message.clone().map(|message| {
        let place = file
            .offset
            .map(|offset| format!(" At byte {} of the unpacked file.", count(offset)));
        view! { <p>{message} {place} {file.code.clone().map(|code| view! { " " <RuleCode code=code.into_owned()/> })}</p> }
    });
    let facts = format!(
        "{}: {}, {}, {}, checked in {}",
        file.name,
        file.format.map_or("of unknown format", |format| format.word()),
        file.encoding.as_deref().unwrap_or("of unknown encoding"),
        format::bytes(file.bytes),
        format::duration(Some(elapsed_ms)),
    );
    let next = (read && may_send).then(|| {
        let href = format!("{}#send", link::feed(feed).href());
        view! {
            <p>
                "Nothing was sent. "
                <a href=href>"Send the file"</a>
                " when it is as it should be."
            </p>
        }
    });
    let warned = (records.warned > 0).then(|| {
        view! { <p class="muted">{format!("{} would pass with a warning.", counted(records.warned, "record", "records"))}</p> }
    });
    let of = records.received;
    view! {
        <div id="report">
            <Notice tone>
                <p>
                    <strong>{sentence}</strong>
                </p>
                {why}
                <p class="muted">{facts}</p>
                {next}
            </Notice>
            {warned}
            {found(codes, samples, of)}
            {on_trial(shadow)}
            {columns(unknown_columns)}
        </div>
    }
    .into_any()
}

fn verdict(report: &Report) -> (Tone, String) {
    let records = &report.records;
    let received = counted(records.received, "record", "records");
    match (report.file.verdict, records.quarantined) {
        (Verdict::Refused, _) => (
            Tone::Bad,
            "It would be refused: the file is damaged, and nothing of it would take effect.".to_owned(),
        ),
        (_, 0) => (
            Tone::Good,
            format!("It would pass: all {received} meet the contract."),
        ),
        (_, held) => (
            Tone::Watch,
            format!(
                "{} of {received} would pass, {} ({}) would be quarantined.",
                count(records.accepted),
                count(held),
                format::percent(records.rejection_rate()),
            ),
        ),
    }
}

/// What failed: a line for each rule, and below it its examples.
fn found(codes: Vec<CodeCount>, samples: Vec<Sample>, of: u64) -> Option<AnyView> {
    if codes.is_empty() {
        return None;
    }
    let heads = vec![
        text("What is wrong"),
        text("Attribute"),
        text("Severity"),
        figures("Records"),
        figures("Share of file"),
    ];
    let rows: Vec<_> = codes.iter().map(|code| code_row(code, of)).collect();
    let examples: Vec<_> = codes
        .into_iter()
        .enumerate()
        .filter_map(|(place, code)| {
            let own: Vec<_> = samples
                .iter()
                .filter(|s| s.violation.code == code.code && s.violation.attribute == code.attribute)
                .cloned()
                .collect();
            (!own.is_empty()).then(|| examples(code, own, place == 0))
        })
        .collect();
    Some(
        view! {
            <section class="block">
                <h2>"What failed"</h2>
                <Table caption="What failed" columns=heads rows/>
            </section>
            <section class="block">
                <h2>"Examples"</h2>
                {examples}
            </section>
        }
        .into_any(),
    )
}

fn code_row(code: &CodeCount, of: u64) -> AnyView {
    #[expect(clippy::cast_precision_loss, reason = "a share of counts far below 2^52")]
    let share = (of > 0).then(|| code.records as f64 / of as f64);
    let rule = contract::rule(&code.code);
    let attribute = code
        .attribute
        .clone()
        .map_or_else(|| "the record".to_owned(), Into::into);
    view! {
        <tr>
            <th scope="row" class="wrap">
                {rule.map(|rule| rule.title)} " " <RuleCode code=code.code.clone().into_owned()/>
                {rule.map(|rule| view! { <p class="muted small">{rule.fix}</p> })}
            </th>
            <td>{attribute}</td>
            <td>
                <SeverityBadge severity=code.severity/>
            </td>
            {figure(count(code.records))}
            {figure(format::percent(share))}
        </tr>
    }
    .into_any()
}

fn examples(code: CodeCount, samples: Vec<Sample>, open: bool) -> AnyView {
    let shown = samples.len() as u64;
    let attribute = code.attribute.map(|attribute| format!(", {attribute}"));
    let summary = if code.occurrences > shown {
        format!("the first {} of {}", count(shown), count(code.occurrences))
    } else {
        counted(shown, "example", "examples")
    };
    let heads = vec![
        text("Product id"),
        text("Place"),
        text("What is wrong"),
        text("Value sent"),
        text("Would pass"),
    ];
    let caption = format!("Examples of {}", code.code);
    let rows: Vec<_> = samples.into_iter().map(sample_row).collect();
    view! {
        <details open=open>
            <summary>
                <code>{code.code.into_owned()}</code>
                {attribute} ": " {summary}
            </summary>
            <Table caption columns=heads rows/>
        </details>
    }
    .into_any()
}

fn sample_row(sample: Sample) -> AnyView {
    let place = sample.place();
    let Sample { id, violation, .. } = sample;
    view! {
        <tr>
            <th scope="row">
                <span class="named">{if id.is_empty() { "no id".to_owned() } else { id }}</span>
            </th>
            <td>{place}</td>
            <td class="wrap">{violation.message}</td>
            <td class="value">{violation.value}</td>
            <td class="value">{violation.suggestion.unwrap_or_else(|| "–".to_owned())}</td>
        </tr>
    }
    .into_any()
}

/// What rules on trial would have done.
fn on_trial(shadow: Vec<Shadow>) -> Option<AnyView> {
    if shadow.is_empty() {
        return None;
    }
    let rows: Vec<_> = shadow
        .into_iter()
        .map(|rule| {
            let would = match rule.severity {
                Severity::Error => format!("would quarantine {} more", count(rule.rejected)),
                severity => format!("would be told as {}", severity.word()),
            };
            view! {
                <tr>
                    <th scope="row">
                        <RuleCode code=rule.code.into_owned()/>
                    </th>
                    {figure(count(rule.records))}
                    <td>{would}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    let heads = vec![text("Rule"), figures("Records"), text("In force it")];
    Some(
        view! {
            <section class="block">
                <h2>"On trial, without effect"</h2>
                <Table caption="Rules on trial" columns=heads rows/>
            </section>
        }
        .into_any(),
    )
}

/// The fields that nobody explains.
fn columns(unknown: Vec<contract::Column>) -> Option<AnyView> {
    if unknown.is_empty() {
        return None;
    }
    let more = unknown.len().saturating_sub(COLUMNS) as u64;
    let names: Vec<_> = unknown
        .into_iter()
        .take(COLUMNS)
        .map(|column| {
            view! {
                <li>
                    <code>{column.name}</code>
                    {format!(" in {}", counted(column.records, "record", "records"))}
                </li>
            }
        })
        .collect();
    Some(
        view! {
            <section class="block">
                <h2>"Fields that nobody explains"</h2>
                <p class="hint">
                    "Neither the specification nor the profile of this feed knows them; they are kept, and nothing is made of them."
                </p>
                <ul class="columns-unknown">{names}</ul>
                {(more > 0).then(|| view! { <p class="muted">{format!("and {} more", count(more))}</p> })}
            </section>
        }
        .into_any(),
    )
}
