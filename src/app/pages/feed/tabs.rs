//! Leads from each page of a feed to the others: one line of places below its name.

use crate::app::link;
use crate::domain::ids::FeedId;
use leptos::prelude::*;

/// The pages of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// How it stands, and what came of its files.
    Files,
    /// What its records must meet.
    Contract,
    /// How its files are read.
    Profile,
    /// When they are held.
    Gates,
    /// Where one is tried before it is sent.
    Trial,
}

/// The pages of a feed as links, the one that is `here` marked.
pub(super) fn tabs(feed: &FeedId, here: Place) -> AnyView {
    let places = [
        (Place::Files, "Files", link::feed(feed)),
        (Place::Contract, "Contract", link::contract(feed)),
        (Place::Profile, "Profile", link::profile(feed)),
        (Place::Gates, "Gates", link::gates(feed)),
        (Place::Trial, "Try a file", link::trial(feed)),
    ];
    let links: Vec<_> = places
        .into_iter()
        .map(|(place, label, link)| {
            view! {
                <li>
                    <a href=link.href() aria-current=(place == here).then_some("page")>
                        {label}
                    </a>
                </li>
            }
        })
        .collect();
    view! {
        <nav class="tabs" aria-label="Pages of this feed">
            <ul>{links}</ul>
        </nav>
    }
    .into_any()
}
