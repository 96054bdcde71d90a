//! Lists what happened in a stretch of time: in words what the charts mark at their top edge.

use super::time::Instant;
use crate::app::link;
use crate::domain::format::counted;
use crate::domain::happening::{Happening, What};
use leptos::prelude::*;

/// The list, folded up; nothing at all where nothing happened.
#[component]
pub fn Happenings(
    /// What happened, the newest first.
    happenings: Vec<Happening>,
) -> impl IntoView {
    if happenings.is_empty() {
        return ().into_any();
    }
    let said = summary(&happenings);
    let items: Vec<_> = happenings
        .into_iter()
        .map(|happening| {
            let (href, said) = (happening.href(), happening.said());
            view! {
                <li>
                    <Instant at=happening.at/>
                    <a href=link::feed(&happening.feed).href()>{happening.feed.to_string()}</a>
                    <a href=href>{said}</a>
                </li>
            }
        })
        .collect();
    view! {
        <details class="happenings" id="happenings">
            <summary>"Marked in the charts: " {said}</summary>
            <ul>{items}</ul>
        </details>
    }
    .into_any()
}

/// How many of which: `2 replays, 1 file held`.
fn summary(happenings: &[Happening]) -> String {
    let count = |is: fn(&What) -> bool| happenings.iter().filter(|h| is(&h.what)).count() as u64;
    let kinds = [
        (count(|w| matches!(w, What::Replay { .. })), "replay", "replays"),
        (
            count(|w| matches!(w, What::Contract { .. })),
            "change of a contract",
            "changes of contracts",
        ),
        (
            count(|w| matches!(w, What::Profile { .. })),
            "change of a profile",
            "changes of profiles",
        ),
        (
            count(|w| matches!(w, What::Held { .. })),
            "file held",
            "files held",
        ),
        (
            count(|w| matches!(w, What::Released { .. })),
            "held file released",
            "held files released",
        ),
        (
            count(|w| matches!(w, What::Refused { .. })),
            "held file refused",
            "held files refused",
        ),
    ];
    let said: Vec<_> = kinds
        .into_iter()
        .filter(|(n, ..)| *n > 0)
        .map(|(n, one, many)| counted(n, one, many))
        .collect();
    said.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{DeliveryId, FeedId};

    #[test]
    fn the_summary_counts_each_kind_and_leaves_out_what_there_is_none_of() {
        let of = |what| Happening {
            at: chrono::DateTime::UNIX_EPOCH,
            feed: FeedId::new("a/b"),
            what,
        };
        let replay = || What::Replay {
            delivery: DeliveryId::new("d"),
            sent: 1,
            passed: 1,
        };
        let held = What::Held {
            delivery: DeliveryId::new("d"),
            code: "FILE_DROP".to_owned(),
        };
        assert_eq!(
            summary(&[of(replay()), of(held), of(replay())]),
            "2 replays, 1 file held"
        );
    }
}
