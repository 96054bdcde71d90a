//! Shows one delivery: the verdict in a sentence, where every record went, what the gates found,
//! the file's facts, what failed, and examples of it. Those who may rule on a held one do it here.
//!
//! This file owns the page and what it asks of the server; [`verdict`] says what became of the
//! file and of its records, [`gate`] lays it beside the last good one, [`ruling`] asks for a
//! decision and tells who made it, [`tables`] lists what failed.

mod gate;
mod ruling;
mod tables;
mod verdict;

use crate::api::delivery::{DeliveryView, RuleOnDelivery, read_delivery};
use crate::app::components::badge::{FailedBadge, StatusBadge};
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::states::Loading;
use crate::app::components::time::Instant;
use crate::app::islands::Follow;
use crate::app::link;
use crate::domain::delivery::{Delivery, Direction, Origin, Status};
use crate::domain::format;
use crate::domain::hold::Stage;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

/// The page.
#[component]
pub fn DeliveryPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|p| p.get("delivery").unwrap_or_default()));
    let rule = ServerAction::<RuleOnDelivery>::new();
    let viewer = use_viewer();
    let view = Resource::new(move || id.get(), read_delivery);
    view! {
        <Transition fallback=Loading>
            {move || Suspend::new(async move {
                let viewer = viewer.await;
                framed(viewer, view.await, Section::Deliveries, |_, view| content(view, rule))
            })}
        </Transition>
    }
    .into_any()
}

fn content(view: DeliveryView, rule: ServerAction<RuleOnDelivery>) -> AnyView {
    let DeliveryView {
        delivery,
        as_of,
        samples,
        open,
        held,
        may_rule,
        is_kept,
        given_up,
    } = view;
    let kind = if goes_out(&delivery) { "Export" } else { "Delivery" };
    let title = format!("{kind} of {}", format::minute(delivery.received_at));
    let is_ours = !goes_out(&delivery);
    let clean = is_ours && delivery.counts.received > 0 && delivery.status == Status::Accepted;
    // Of a held file nothing is received yet, but its records are known.
    let read = delivery.gate.as_ref().map_or(0, |gate| gate.facts.received);
    let records = delivery.counts.received.max(read);
    let codes = tables::of_records(&delivery);
    let took_effect = matches!(delivery.status, Status::Processing | Status::Accepted);
    let on_its_way = given_up.is_none() && matches!(delivery.status, Status::Queued | Status::Processing);
    let releasing = delivery
        .hold
        .as_ref()
        .is_some_and(|hold| hold.stage == Stage::Releasing);
    let facts = facts(&delivery);
    let badge = match given_up {
        Some(_) => view! { <FailedBadge/> }.into_any(),
        None => view! { <StatusBadge status=delivery.status direction=delivery.direction/> }.into_any(),
    };
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
        <Head title as_of live=true>
            {badge}
        </Head>
        {match given_up {
            Some(why) => verdict::given_up(why),
            None => verdict::verdict(&delivery),
        }}
        {delivery.is_ahead(as_of).then(|| verdict::ahead(&delivery))}
        {ruling::made(&delivery)}
        {(releasing || on_its_way).then(|| view! { <Follow/> })}
        {may_rule.then(|| ruling::form(&delivery, is_kept, rule))}
        {took_effect.then(|| verdict::law(&delivery, held, open))}
        {gate::findings(&delivery)}
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
                        {(!codes.is_empty()).then(|| tables::codes(&delivery, codes, records))}
                        {(!samples.is_empty()).then(|| tables::samples(samples))}
                    </div>
                    {facts}
                </div>
            }
                .into_any()
        }}
    }
    .into_any()
}

/// Whether it is an export: whoever made it checked it, and nothing of it is held here.
fn goes_out(delivery: &Delivery) -> bool {
    delivery.direction == Direction::Export
}

/// What is known of the file.
fn facts(delivery: &Delivery) -> AnyView {
    let file = &delivery.file;
    let unknown = || "not known".to_owned();
    let (came, origin) = match &delivery.origin {
        Origin::File if goes_out(delivery) => ("Went as", "a file"),
        Origin::File => ("Came as", "a file"),
        Origin::Replay { .. } => ("Came as", "a replay of quarantined records"),
    };
    let decided = match (delivery.direction, delivery.status) {
        (_, Status::Held) => "Held since",
        (Direction::Export, Status::Accepted) if delivery.decided_at.is_some() => "Arrived",
        (Direction::Export, Status::Refused) if delivery.decided_at.is_some() => "Given up",
        _ => "Decided",
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
                {fact(came, origin.into_any())}
                {fact("Size", format::bytes(file.bytes).into_any())}
                {fact("Format", file.format.map_or_else(unknown, |f| f.word().to_owned()).into_any())}
                {fact("Encoding", file.encoding.clone().unwrap_or_else(unknown).into_any())}
                {(!file.sha256.is_empty())
                    .then(|| fact("SHA-256", view! { <code>{file.sha256.clone()}</code> }.into_any()))}
                {fact(
                    if goes_out(delivery) { "Made" } else { "Received" },
                    view! { <Instant at=delivery.received_at/> }.into_any(),
                )}
                {fact(
                    decided,
                    match delivery.decided_at {
                        Some(at) => view! { <Instant at/> }.into_any(),
                        None if goes_out(delivery) => "not known".into_any(),
                        None => "not yet".into_any(),
                    },
                )}
                {fact("Took", format::duration(delivery.latency_ms()).into_any())}
                {(delivery.contract_version > 0)
                    .then(|| fact("Contract", format!("version {}", delivery.contract_version).into_any()))}
                {(delivery.profile_version > 0)
                    .then(|| fact("Profile", format!("version {}", delivery.profile_version).into_any()))}
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
