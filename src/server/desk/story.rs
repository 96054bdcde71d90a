//! Tells what happened to a delivery, a sentence each, for the story of its feed.

use crate::domain::delivery::{Delivery, Direction, Status};
use crate::domain::format::{count, counted, percent, span};
use crate::domain::gate::{Finding, Outcome};
use crate::domain::hold::{Hold, Stage};

/// What happened to a delivery, in the order of events.
pub(super) fn story(delivery: &Delivery) -> Vec<String> {
    let mut story = Vec::new();
    // A held file's message is the gate's, until it is released; the gate's own stays.
    match reason(delivery) {
        Some(finding) => story.push(finding.message.clone()),
        None => story.extend(delivery.file.message.clone()),
    }
    story.extend(delivery.hold.as_ref().map(ruled));
    // What stopped a file after the gates had let it through.
    let told = |message: &String| story.contains(message);
    let last = delivery.file.message.clone().filter(|message| !told(message));
    story.extend(last.filter(|_| delivery.status == Status::Refused));
    story.extend(fared(delivery));
    let withdrawn = delivery.counts.withdrawn;
    if withdrawn > 0 {
        let products = counted(withdrawn, "product", "products");
        story.push(format!("{products} that it does not name withdrawn."));
    }
    story
}

/// The rule that refused or held it, or that somebody should look for.
pub(super) fn code(delivery: &Delivery) -> Option<String> {
    let by_gate = reason(delivery).map(|finding| finding.code.to_string());
    by_gate.or_else(|| delivery.file.code.as_ref().map(ToString::to_string))
}

/// What the gates had to say, if it was worth a look.
fn reason(delivery: &Delivery) -> Option<&Finding> {
    let gate = delivery.gate.as_ref()?;
    gate.reason().filter(|_| gate.outcome != Outcome::Pass)
}

/// What people decided about a held file, or what came first.
fn ruled(hold: &Hold) -> String {
    let (by, why) = hold
        .ruling
        .as_ref()
        .map_or(("Somebody", ""), |ruling| (&ruling.by, &ruling.reason));
    let after = match hold.since {
        Some(_) => format!(" after {}", span(hold.waited())),
        None => " beforehand".to_owned(),
    };
    match hold.stage {
        Stage::Waiting => "It is held and waits for a decision.".to_owned(),
        Stage::Releasing => format!("{by} released it: “{why}”. A worker is about to take it in."),
        Stage::Released => format!("{by} released it{after}: “{why}”."),
        Stage::Refused => format!("{by} refused it{after}: “{why}”."),
        Stage::Superseded => format!("It was held; a newer file took effect first{after}."),
    }
}

/// How its records fared, once they are in effect or on the way.
fn fared(delivery: &Delivery) -> Option<String> {
    let c = &delivery.counts;
    Some(match delivery.status {
        Status::Queued => "It is here and waits for a worker.".to_owned(),
        Status::Processing => "It is being taken in.".to_owned(),
        Status::Accepted if c.received == 0 => "It holds no records.".to_owned(),
        Status::Accepted if delivery.direction == Direction::Export => {
            let records = counted(c.received, "record", "records");
            match c.quarantined {
                0 => format!("It arrived with all of its {records}."),
                left => format!("It arrived; {} of {records} left out.", count(left)),
            }
        }
        Status::Accepted if delivery.repeat_of.is_some() && c.unchanged == c.received => {
            "The same bytes had come before; nothing changed.".to_owned()
        }
        Status::Accepted if c.quarantined == 0 => "All records passed.".to_owned(),
        Status::Accepted => format!(
            "{} of {} passed, {} quarantined.",
            count(c.accepted + c.unchanged),
            counted(c.received, "record", "records"),
            percent(c.rejection_rate())
        ),
        Status::Refused if delivery.direction == Direction::Export && delivery.file.message.is_none() => {
            "It did not arrive.".to_owned()
        }
        Status::Held | Status::Refused => return None,
    })
}
