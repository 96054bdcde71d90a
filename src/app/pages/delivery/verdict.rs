//! Says what became of a delivery: of the file as a whole, and of its records.

use crate::api::delivery::GivenUp;
use crate::app::components::rule::RuleCode;
use crate::app::link::{self, Link};
use crate::domain::delivery::{Delivery, Direction, Status};
use crate::domain::format::{self, count, counted};
use crate::domain::hold::Stage;
use crate::domain::report::Counts;
use leptos::prelude::*;

/// The verdict with its numbers; for a file that took no effect also why, and what to do.
pub(super) fn verdict(delivery: &Delivery) -> AnyView {
    let (class, sentence, advice) = standing(delivery);
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

/// What is to be known of an entry that lies in the future.
pub(super) fn ahead(delivery: &Delivery) -> AnyView {
    let sentence = format!(
        "From the future: whoever wrote this entry dated it {}. Charts count it when that time has come; look at the \
         clock of its writer.",
        format::instant(delivery.received_at)
    );
    view! { <p class="notice watch">{sentence}</p> }.into_any()
}

/// The verdict on a delivery that a worker gave up: what failed, and what to do.
pub(super) fn given_up(why: GivenUp) -> AnyView {
    let sentence = format!(
        "Failed: this file could not be taken in. {} and nobody works on it any more.",
        match why.attempts {
            1 => "The only attempt failed,".to_owned(),
            attempts => format!("{} attempts failed,", count(u64::from(attempts))),
        }
    );
    let advice = if why.may_retry {
        view! {
            <p>
                "When the cause is gone, have it tried again on the "
                <a href=Link::to("/jobs").with("state", "aside").href()>"page of jobs set aside"</a> "."
            </p>
        }
        .into_any()
    } else {
        view! { <p class="muted">"Whoever runs feedgate can have it tried again; or send the file once more."</p> }
            .into_any()
    };
    view! {
        <div class="notice bad verdict">
            <p>
                <strong>{sentence}</strong>
            </p>
            {why.error.map(|error| view! { <p>{format!("The last error: {error}")}</p> })}
            {advice}
        </div>
    }
    .into_any()
}

/// The same of an export.
fn went(delivery: &Delivery) -> (&'static str, String, &'static str) {
    let c = &delivery.counts;
    let all = counted(c.received, "record", "records");
    let sentence = match (delivery.status, c.quarantined) {
        (Status::Queued | Status::Processing, _) => "On its way: it has not arrived yet.".to_owned(),
        (Status::Held, _) => "Held: it does not go out until somebody decides about it.".to_owned(),
        (Status::Refused, _) => "Failed: it did not arrive.".to_owned(),
        (Status::Accepted, _) if c.received == 0 => "Arrived, but the file holds no records.".to_owned(),
        (Status::Accepted, 0) => format!("Arrived with all of its {all}."),
        (Status::Accepted, left) => format!(
            "Arrived: {} of {all} went out, {} ({}) left out.",
            count(c.accepted + c.unchanged),
            count(left),
            format::percent(c.rejection_rate())
        ),
    };
    let class = match (delivery.status, c.quarantined) {
        (Status::Queued | Status::Processing, _) => "notice",
        (Status::Refused, _) => "notice bad",
        (Status::Accepted, 0) if c.received > 0 => "notice good",
        _ => "notice watch",
    };
    let advice = match delivery.status {
        Status::Refused => {
            "Whoever makes the export can say more; what became of it is as they wrote it into the log."
        }
        _ => "",
    };
    (class, sentence, advice)
}

/// The class of the notice, the verdict in a sentence, and what follows from it.
fn standing(delivery: &Delivery) -> (&'static str, String, &'static str) {
    if delivery.direction == Direction::Export {
        return went(delivery);
    }
    let kept = "The catalogue still has what the delivery before this one brought.";
    match (delivery.status, delivery.hold.as_ref().map(|hold| hold.stage)) {
        (Status::Queued, _) => (
            "notice",
            "Queued: the file is here and is checked as soon as a worker is free.".to_owned(),
            "",
        ),
        (Status::Processing | Status::Accepted, _) => {
            let (class, sentence) = taken(delivery);
            (class, sentence, "")
        }
        (Status::Held, Some(Stage::Releasing)) => (
            "notice",
            "Released: a worker is about to take this file in.".to_owned(),
            "",
        ),
        (Status::Held, _) => (
            "notice watch",
            "Held: nothing of this file takes effect until somebody decides about it.".to_owned(),
            kept,
        ),
        (Status::Refused, _) if delivery.file.code.as_deref() == Some("FILE_INTERRUPTED") => (
            "notice",
            "Stopped half-way: the file after it took its place.".to_owned(),
            "",
        ),
        (Status::Refused, Some(Stage::Superseded)) => (
            "notice",
            "Held until a newer file took effect: nothing of this one did, and nothing will.".to_owned(),
            "",
        ),
        (Status::Refused, Some(_)) => (
            "notice bad",
            "Held and refused: nothing of this file took effect, and nothing will.".to_owned(),
            kept,
        ),
        (Status::Refused, None) => (
            "notice bad",
            "Refused: the file is damaged, and nothing of it took effect.".to_owned(),
            "The catalogue still has what the delivery before this one brought. Ask the partner for the whole file again.",
        ),
    }
}

/// Of a file that is taking effect or has: how its records fared.
fn taken(delivery: &Delivery) -> (&'static str, String) {
    let c = &delivery.counts;
    let received = counted(c.received, "record", "records");
    if delivery.status == Status::Processing {
        return (
            "notice",
            format!("Being checked: {received} received, not all of them decided yet."),
        );
    }
    match (c.received, c.quarantined) {
        (0, _) => (
            "notice watch",
            "Accepted, but the file holds no records.".to_owned(),
        ),
        (_, 0) => ("notice good", format!("Accepted: all {received} passed.")),
        _ => (
            "notice watch",
            format!(
                "Accepted: {} of {received} passed, {} ({}) quarantined.",
                count(c.accepted + c.unchanged),
                count(c.quarantined),
                format::percent(c.rejection_rate())
            ),
        ),
    }
}

/// Where every record went: what was received is what became of it.
pub(super) fn law(delivery: &Delivery, held: u64, open: u64) -> AnyView {
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
    let [received, accepted, quarantined] = match delivery.direction {
        Direction::Ingest => ["received", "accepted", "quarantined"],
        Direction::Export => ["chosen", "sent", "left out"],
    };
    view! {
        <p class="law">
            <span class="term">
                <b>{count(c.received)}</b>
                " "
                {received}
            </span>
            " = "
            {term("accepted", c.accepted, accepted)}
            " + "
            {term("unchanged", c.unchanged, "unchanged")}
            " + "
            {term("quarantined", c.quarantined, quarantined)}
            {(flight > 0).then(|| view! { " + " {term("outline", flight, "in flight")} })}
        </p>
        {(c.warned > 0)
            .then(|| {
                view! {
                    <p class="muted">{format!("{} passed with a warning.", counted(c.warned, "record", "records"))}</p>
                }
            })}
        {(c.withdrawn > 0)
            .then(|| {
                view! {
                    <p class="muted">
                        {format!(
                            "{} that the file does not name withdrawn from the catalogue.",
                            counted(c.withdrawn, "product", "products"),
                        )}
                    </p>
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
