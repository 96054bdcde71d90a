//! Shows one delivery: the verdict in a sentence, where every record went, the file's facts,
//! what failed, and examples of it.

use crate::api::delivery::{DeliveryView, read_delivery};
use crate::app::components::badge::{SeverityBadge, StatusBadge};
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::rule::RuleCode;
use crate::app::components::states::Loading;
use crate::app::components::table::{Table, figure, figures, text};
use crate::app::components::time::Instant;
use crate::app::link;
use crate::domain::delivery::{Delivery, Origin, Status};
use crate::domain::format::{self, count, counted};
use crate::domain::report::{CodeCount, Counts, Sample};
use crate::domain::violation::Severity;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

/// The page.
#[component]
pub fn DeliveryPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|p| p.get("delivery").unwrap_or_default()));
    let viewer = use_viewer();
    let view = Resource::new(move || id.get(), read_delivery);
    view! {
        <Transition fallback=Loading>
            {move || Suspend::new(async move {
                let viewer = viewer.await;
                framed(viewer, view.await, Section::Deliveries, |_, view| content(view))
            })}
        </Transition>
    }
    .into_any()
}

fn content(view: DeliveryView) -> AnyView {
    let DeliveryView {
        delivery,
        as_of,
        samples,
        open,
        held,
    } = view;
    let title = format!("Delivery of {}", format::minute(delivery.received_at));
    let records = delivery.counts.received;
    let codes = delivery.codes.clone();
    let clean = records > 0 && delivery.status == Status::Accepted;
    let facts = facts(&delivery);
    view! {
        <Title text=format!("{title}, {}", delivery.feed)/>
        <p class="crumbs">
            <a href="/deliveries">"Deliveries"</a>
            " / "
            <a href=link::partner(&delivery.partner).href()>{delivery.partner.to_string()}</a>
            " / "
            <a href=link::feed(&delivery.feed).href()>
                {delivery.feed.name().to_owned()}
            </a>
        </p>
        <Head title as_of>
            <StatusBadge status=delivery.status/>
        </Head>
        {verdict(&delivery)}
        {(delivery.status != Status::Refused).then(|| law(&delivery, held, open))}
        {if codes.is_empty() && samples.is_empty() {
            view! {
                {clean.then(|| view! { <p class="muted">"Every record meets the contract."</p> })}
                <div class="alone">{facts}</div>
            }
                .into_any()
        } else {
            view! {
                <div class="columns">
                    <div>
                        {(!codes.is_empty()).then(|| code_table(codes, records))}
                        {(!samples.is_empty()).then(|| sample_table(samples))}
                    </div>
                    {facts}
                </div>
            }
                .into_any()
        }}
    }
    .into_any()
}

/// The verdict with its numbers; for a file that took no effect also why, and what to do.
fn verdict(delivery: &Delivery) -> AnyView {
    let c = &delivery.counts;
    let passed = c.accepted + c.unchanged;
    let (class, sentence) = match delivery.status {
        Status::Processing => (
            "notice",
            format!(
                "Being checked: {} received, not all of them decided yet.",
                counted(c.received, "record", "records")
            ),
        ),
        Status::Accepted if c.received == 0 => (
            "notice watch",
            "Accepted, but the file holds no records.".to_owned(),
        ),
        Status::Accepted if c.quarantined == 0 => (
            "notice good",
            format!(
                "Accepted: all {} passed.",
                counted(c.received, "record", "records")
            ),
        ),
        Status::Accepted => (
            "notice watch",
            format!(
                "Accepted: {} of {} passed, {} ({}) quarantined.",
                count(passed),
                counted(c.received, "record", "records"),
                count(c.quarantined),
                format::percent(c.rejection_rate())
            ),
        ),
        Status::Held => (
            "notice watch",
            "Held: nothing of this file takes effect until somebody decides about it.".to_owned(),
        ),
        Status::Refused => (
            "notice bad",
            "Refused: the file is damaged, and nothing of it took effect.".to_owned(),
        ),
    };
    let why = delivery.file.message.clone().map(|message| {
        let place = delivery
            .file
            .offset
            .map(|offset| format!("At byte {} of the unpacked file.", count(offset)));
        view! {
            <p>
                {message} {place.map(|place| view! { " " {place} })}
                {delivery.file.code.clone().map(|code| view! { " " <RuleCode code=code.into_owned()/> })}
            </p>
        }
    });
    let advice = match delivery.status {
        Status::Refused => {
            "The catalogue still has what the delivery before this one brought. Ask the partner for the whole file again."
        }
        Status::Held => "The catalogue still has what the delivery before this one brought.",
        Status::Processing | Status::Accepted => "",
    };
    view! {
        <div class=format!("{class} verdict")>
            <p>
                <strong>{sentence}</strong>
            </p>
            {why}
            {(!advice.is_empty()).then(|| view! { <p class="muted">{advice}</p> })}
        </div>
    }
    .into_any()
}

/// Where every record went: what was received is what became of it.
fn law(delivery: &Delivery, held: u64, open: u64) -> AnyView {
    let c: &Counts = &delivery.counts;
    let flight = delivery.in_flight();
    let term = |class: &'static str, n: u64, name: &'static str| {
        view! {
            <span class="term">
                <span class=format!("key {class}") aria-hidden="true"></span>
                <b>{count(n)}</b>
                " "
                {name}
            </span>
        }
    };
    let records = link::quarantine("delivery", delivery.id.as_str());
    view! {
        <p class="law">
            <span class="term">
                <b>{count(c.received)}</b>
                " received"
            </span>
            " = "
            {term("accepted", c.accepted, "accepted")}
            " + "
            {term("unchanged", c.unchanged, "unchanged")}
            " + "
            {term("quarantined", c.quarantined, "quarantined")}
            {(flight > 0).then(|| view! { " + " {term("outline", flight, "in flight")} })}
        </p>
        {(c.warned > 0)
            .then(|| {
                view! {
                    <p class="muted">{format!("{} passed with a warning.", counted(c.warned, "record", "records"))}</p>
                }
            })}
        {(held > 0)
            .then(|| {
                view! {
                    <p>
                        <a href=records.clone().with("state", "any").href()>
                            {format!("See the {}", counted(held, "quarantined record", "quarantined records"))}
                        </a>
                        {if open == 0 {
                            " – none waits for anybody.".into_any()
                        } else if open == held {
                            " – all of them wait for somebody.".into_any()
                        } else {
                            view! {
                                " – "
                                <a href=records.href()>{format!("{} still wait", count(open))}</a>
                                " for somebody."
                            }
                                .into_any()
                        }}
                    </p>
                }
            })}
    }
    .into_any()
}

/// What is known of the file.
fn facts(delivery: &Delivery) -> AnyView {
    let file = &delivery.file;
    let unknown = || "not known".to_owned();
    let origin = match &delivery.origin {
        Origin::File => "a file",
        Origin::Replay { .. } => "a replay of quarantined records",
    };
    let fact = |name: &'static str, value: AnyView| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{value}</dd>
            </div>
        }
    };
    view! {
        <section class="facts card" aria-labelledby="file">
            <h2 id="file">"File"</h2>
            <dl>
                {fact("Name", file.name.clone().into_any())}
                {fact("Came as", origin.into_any())}
                {fact("Size", format::bytes(file.bytes).into_any())}
                {fact("Format", file.format.map_or_else(unknown, |f| f.word().to_owned()).into_any())}
                {fact("Encoding", file.encoding.clone().unwrap_or_else(unknown).into_any())}
                {fact("SHA-256", view! { <code>{file.sha256.clone()}</code> }.into_any())}
                {fact("Received", view! { <Instant at=delivery.received_at/> }.into_any())}
                {fact(
                    "Decided",
                    match delivery.decided_at {
                        Some(at) => view! { <Instant at/> }.into_any(),
                        None => "not yet".into_any(),
                    },
                )}
                {fact("Took", format::duration(delivery.latency_ms()).into_any())}
                {fact("Contract", format!("version {}", delivery.contract_version).into_any())}
                {fact("Delivery", view! { <code>{delivery.id.to_string()}</code> }.into_any())}
                {delivery
                    .repeat_of
                    .as_ref()
                    .map(|id| {
                        let first = view! {
                            <a href=link::delivery(id).href()>"the same bytes came before"</a>
                        };
                        fact("Repeat", first.into_any())
                    })}
            </dl>
        </section>
    }
    .into_any()
}

fn code_table(codes: Vec<CodeCount>, records: u64) -> AnyView {
    let columns = vec![
        text("Rule"),
        text("Attribute"),
        text("Severity"),
        figures("Records"),
        figures("Share of file"),
        figures("Times"),
    ];
    let rows: Vec<_> = codes
        .into_iter()
        .map(|code| {
            #[expect(clippy::cast_precision_loss, reason = "a share of counts far below 2^52")]
            let share = (records > 0).then(|| code.records as f64 / records as f64);
            view! {
                <tr>
                    <th scope="row">
                        <RuleCode code=code.code.into_owned()/>
                    </th>
                    <td>{code.attribute.map_or_else(|| "the record".to_owned(), std::borrow::Cow::into_owned)}</td>
                    <td>
                        <SeverityBadge severity=code.severity/>
                    </td>
                    {figure(count(code.records))}
                    {figure(format::percent(share))}
                    {figure(count(code.occurrences))}
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <section class="block">
            <h2>"What failed"</h2>
            <Table caption="What failed" columns rows/>
        </section>
    }
    .into_any()
}

fn sample_table(samples: Vec<Sample>) -> AnyView {
    let columns = vec![
        text("Product id"),
        figures("Place"),
        text("What is wrong"),
        text("Value sent"),
        text("Would pass"),
    ];
    let rows: Vec<_> = samples.into_iter().map(sample_row).collect();
    view! {
        <section class="block">
            <h2>"Examples"</h2>
            <p class="hint">"Up to 50 of each rule, in the order of the file."</p>
            <Table caption="Examples" columns rows/>
        </section>
    }
    .into_any()
}

fn sample_row(sample: Sample) -> AnyView {
    let Sample {
        id,
        line,
        offset,
        violation,
    } = sample;
    let place = if line > 0 {
        format!("line {}", count(line))
    } else {
        format!("byte {}", count(offset))
    };
    let severe = violation.severity != Severity::Error;
    view! {
        <tr>
            <th scope="row">
                <span class="named">{if id.is_empty() { "no id".to_owned() } else { id }}</span>
            </th>
            <td class="num">{place}</td>
            <td class="wrap">
                {violation.message} " " <RuleCode code=violation.code.into_owned()/>
                {severe.then(|| view! { " " <SeverityBadge severity=violation.severity/> })}
            </td>
            <td class="value">{violation.value}</td>
            <td class="value">{violation.suggestion.unwrap_or_else(|| "–".to_owned())}</td>
        </tr>
    }
    .into_any()
}
