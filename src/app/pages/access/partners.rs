//! Lists the partners, adds feeds and partners, names these, and lets their records be edited or not.

use crate::api::access::{AddFeed, PartnerAccess, RenamePartner, SetEdits};
use crate::app::components::states::Refused;
use crate::app::components::table::{Table, text};
use crate::app::link;
use crate::domain::ids::FeedId;
use crate::error::AppError;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::params::ParamsMap;

/// What may be done about partners.
#[derive(Clone, Copy)]
pub(super) struct Doing {
    set: ServerAction<SetEdits>,
    rename: ServerAction<RenamePartner>,
    add: ServerAction<AddFeed>,
}

impl Doing {
    pub(super) fn new() -> Self {
        Self {
            set: ServerAction::new(),
            rename: ServerAction::new(),
            add: ServerAction::new(),
        }
    }

    /// Grows with what changes the list.
    pub(super) fn version(self) -> usize {
        self.set.version().get() + self.rename.version().get()
    }

    /// What was refused about a partner in the list.
    fn refused(self) -> Option<AppError> {
        let all = [self.set.value().get(), self.rename.value().get()];
        all.into_iter().flatten().find_map(Result::err)
    }
}

/// The list.
pub(super) fn card(partners: Vec<PartnerAccess>, doing: Doing) -> AnyView {
    let table = if partners.is_empty() {
        view! { <p class="muted">"There are none yet."</p> }.into_any()
    } else {
        let columns = vec![
            text("Partner"),
            text("Feeds"),
            text("Its held records"),
            text("Edits"),
            text("Name"),
        ];
        let rows: Vec<_> = partners.into_iter().map(|partner| row(partner, doing)).collect();
        view! { <Table caption="Partners" columns rows/> }.into_any()
    };
    view! {
        <section class="card access" aria-labelledby="partners">
            <h2 id="partners">"Partners"</h2>
            <p class="hint">
                "Where edits are switched off, held records of a partner can be replayed as they are, discarded and taken back, "
                "but nobody changes what is in them: it is the partner's to mend."
            </p>
            <Refused said=move || doing.refused()/>
            {table}
        </section>
    }
    .into_any()
}

fn row(partner: PartnerAccess, doing: Doing) -> AnyView {
    let (says, other, label) = if partner.edits_off {
        ("are not edited", "on", "Let them be edited")
    } else {
        ("may be edited by staff", "off", "Switch edits off")
    };
    let named = format!("{label}: {}", partner.name);
    let (id, again) = (partner.id.to_string(), partner.id.to_string());
    view! {
        <tr>
            <th scope="row">
                <a href=link::partner(&partner.id).href()>{partner.name.clone()}</a>
                <p class="muted small">{partner.id.to_string()}</p>
            </th>
            <td class="wrap">{feeds(partner.feeds)}</td>
            <td class=if partner.edits_off { "" } else { "muted" }>{says}</td>
            <td>
                <ActionForm action=doing.set>
                    <input type="hidden" name="partner" value=id/>
                    <button name="edits" value=other aria-label=named>
                        {label}
                    </button>
                </ActionForm>
            </td>
            <td>
                <details class="rename">
                    <summary>
                        "Rename" <span class="unseen">" "{partner.name.clone()}</span>
                    </summary>
                    <ActionForm action=doing.rename>
                        <input type="hidden" name="partner" value=again/>
                        <input
                            name="name"
                            required
                            maxlength="120"
                            autocomplete="off"
                            aria-label=format!("New name of {}", partner.name)
                            value=partner.name.clone()
                        />
                        <button>"Save"</button>
                    </ActionForm>
                </details>
            </td>
        </tr>
    }
    .into_any()
}

fn feeds(feeds: Vec<FeedId>) -> AnyView {
    if feeds.is_empty() {
        return view! { <span class="muted">"none yet"</span> }.into_any();
    }
    let links: Vec<_> = feeds
        .into_iter()
        .map(|feed| {
            view! {
                <li>
                    <a href=link::feed(&feed).href()>{feed.name().to_owned()}</a>
                </li>
            }
        })
        .collect();
    view! { <ul class="feeds">{links}</ul> }.into_any()
}

/// The form that adds a feed, with what was `typed` when it was refused.
pub(super) fn add(typed: &ParamsMap, doing: Doing) -> AnyView {
    let said = |name: &str| typed.get(name).unwrap_or_default();
    let feed = Some(said("feed")).filter(|feed| !feed.is_empty());
    let feed = feed.unwrap_or_else(|| "main".to_owned());
    let files = said("files");
    let (partner, name) = (said("partner"), said("name"));
    let (currency, every_hours) = (said("currency"), said("every_hours"));
    let kinds: Vec<_> = [
        (
            "catalogues",
            "whole catalogues that it sends us: what a file leaves out is withdrawn",
        ),
        (
            "changes",
            "changes that it sends us: what a file leaves out stays",
        ),
        ("export", "what we send to it"),
    ]
    .into_iter()
    .map(|(word, says)| view! { <option value=word selected=word == files>{says}</option> })
    .collect();
    view! {
        <section class="card access" aria-labelledby="add">
            <h2 id="add">"Add a partner or a feed"</h2>
            <p class="hint">
                "Short names stand in addresses and on the command line, and stay: lower-case letters, digits, “-” and “_”. "
                "How the files are read, what they must meet and who may send them is set up on the feed's page, which comes next."
            </p>
            <Refused said=move || doing.add.value().get().and_then(Result::err)/>
            <ActionForm action=doing.add attr:class="stack">
                <label class="field">
                    <span>"Partner, by its short name: a new one, or one that is there"</span>
                    <input
                        name="wish[partner]"
                        list="slugs"
                        required
                        maxlength="40"
                        autocomplete="off"
                        value=partner
                    />
                </label>
                <label class="field">
                    <span>"What a new partner is called (its short name when left empty)"</span>
                    <input name="wish[name]" maxlength="120" autocomplete="off" value=name/>
                </label>
                <label class="field">
                    <span>"Feed, by its short name"</span>
                    <input name="wish[feed]" required maxlength="40" autocomplete="off" value=feed/>
                </label>
                <label class="field">
                    <span>"Its files are"</span>
                    <select name="wish[files]">{kinds}</select>
                </label>
                <label class="field">
                    <span>"Currency of its prices, such as EUR (any when left empty)"</span>
                    <input name="wish[currency]" maxlength="3" autocomplete="off" value=currency/>
                </label>
                <label class="field">
                    <span>"Hours between two files (not known when left empty)"</span>
                    <input
                        name="wish[every_hours]"
                        inputmode="numeric"
                        maxlength="4"
                        autocomplete="off"
                        value=every_hours
                    />
                </label>
                <p>
                    <button class="button">"Add it"</button>
                </p>
            </ActionForm>
        </section>
    }
    .into_any()
}
