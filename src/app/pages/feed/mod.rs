//! Shows one feed: how it stands, how it is set up, and
//! what came of each of its files.
//!
//! This file owns the page; [`story`] tells the deliveries, [`send`] takes a file, [`mod@pull`]
//! shows how fetching it stands, [`picture`] what was seen of its pictures, [`token`] which programs may send one;
//! [`outgoing`] is the page of a feed whose files go out. The pages below it are [`mod@contract`], what its records must
//! meet, [`profile`], how its files are read, [`gates`], when they are held, and
//! [`trial`], where one is tried before it is sent; [`tabs`] leads from one to the other.

pub mod contract;
pub mod gates;
mod outgoing;
mod picture;
pub mod profile;
mod pull;
mod send;
mod story;
mod tabs;
mod token;
pub mod trial;

use crate::api::feed::{FeedView, Setting, read_feed};
use crate::api::picture::SwitchPictures;
use crate::api::pull::{PausePull, ResumePull, SetPull, StopPull};
use crate::api::token::RevokeToken;
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::lamp::HealthLamp;
use crate::app::components::states::{Loading, Notice, Tone};
use crate::app::components::tile::Tile;
use crate::app::link;
use crate::domain::account::{Right, Viewer};
use crate::domain::delivery::Direction;
use crate::domain::format::{self, count, counted};
use crate::domain::ids::FeedId;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use leptos_router::params::ParamsMap;
use tabs::Place;

/// What can be done on the page.
#[derive(Clone, Copy)]
struct Doing {
    resume: ServerAction<ResumePull>,
    pause: ServerAction<PausePull>,
    set: ServerAction<SetPull>,
    stop: ServerAction<StopPull>,
    revoke: Revoke,
    pictures: ServerAction<SwitchPictures>,
}

/// Revokes a token.
type Revoke = ServerAction<RevokeToken>;

/// The feed that an address names: `partner/feed`.
pub(super) fn named(params: &ParamsMap) -> String {
    let get = |name| params.get_str(name).unwrap_or_default();
    format!("{}/{}", get("partner"), get("feed"))
}

/// The page.
#[component]
pub fn FeedPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        (
            params.with(named),
            query.with(|q| q.get("after").unwrap_or_default()),
        )
    });
    let viewer = use_viewer();
    // A refusal brings what was typed back in the address.
    let typed = move || query.with(ParamsMap::clone);
    let doing = Doing {
        resume: ServerAction::new(),
        pause: ServerAction::new(),
        set: ServerAction::new(),
        stop: ServerAction::new(),
        revoke: ServerAction::new(),
        pictures: ServerAction::new(),
    };
    let view = Resource::new(move || asked.get(), |(feed, after)| read_feed(feed, after));
    view! {
        <Transition fallback=Loading>
            {move || {
                let (_, after) = asked.get();
                let typed = typed();
                Suspend::new(async move {
                    let viewer = viewer.await;
                    framed(
                        viewer,
                        view.await,
                        Section::Partner,
                        |viewer, view| content(view, viewer, after.is_empty(), &typed, doing),
                    )
                })
            }}
        </Transition>
    }
    .into_any()
}

/// The way from the partner to this feed, and to the page below it when there is one.
pub(super) fn crumbs(id: &FeedId, partner_name: String, below: bool) -> AnyView {
    let feed = below.then(|| {
        view! {
            " / "
            <a href=link::feed(id).href()>{id.name().to_owned()}</a>
        }
    });
    view! {
        <p class="crumbs">
            <a href=link::partner(&id.partner()).href()>{partner_name}</a>
            {feed}
        </p>
    }
    .into_any()
}

fn content(view: FeedView, viewer: &Viewer, first: bool, typed: &ParamsMap, doing: Doing) -> AnyView {
    if view.sent.is_some() {
        return outgoing::content(view, viewer, first, doing.revoke);
    }
    let FeedView {
        id,
        partner_name,
        as_of,
        health,
        summary,
        sent: _,
        items,
        open,
        undecided,
        settings,
        pull,
        pictures,
        tokens,
        file_max,
        entries,
    } = view;
    let may_send = viewer.may(Right::SendFile);
    let grants = viewer.may(Right::GrantLog);
    let pulling = viewer.may(Right::ManageJobs).then_some((doing, typed));
    let title = format!("Feed {}", id.name());
    let held = link::quarantine("feed", id.as_str()).href();
    let files = link::feed_deliveries(&id);
    let waiting = files.clone().with("status", "held");
    view! {
        <Title text=format!("{id}")/>
        {crumbs(&id, partner_name, false)}
        <Head title as_of live=true>
            <HealthLamp health full=true/>
        </Head>
        {tabs::tabs(&id, Place::Files)}
        {(undecided > 0)
            .then(|| {
                let sentence = if undecided == 1 {
                    "One file is held and needs a decision; the catalogue stands as it was before it.".to_owned()
                } else {
                    format!("{} files are held and need a decision; the catalogue stands as it was before them.", count(undecided))
                };
                view! {
                    <Notice tone=Tone::Watch>
                        <p>{sentence}</p>
                        <a class="button" href=waiting.href()>"See what is held"</a>
                    </Notice>
                }
            })}
        <div class="tiles">
            <Tile label="Products in the catalogue" figure=count(items) note="the accepted version of each"/>
            <Tile label="Quarantined now" figure=open.figure() note="records wait for somebody" href=held/>
            <Tile
                label="Rejected, 30 days"
                figure=format::percent(summary.counts.rejection_rate())
                note=format!("of {}", counted(summary.counts.received, "record", "records"))
            />
            <Tile
                label="Files, 30 days"
                figure=count(summary.deliveries)
                note=format!("{} refused", count(summary.refused))
                href=files.with("range", "30d").href()
            />
        </div>
        {facts(settings)}
        {pull::section(&id, pull, as_of, file_max, pulling)}
        {picture::section(&id, pictures, as_of, doing.pictures)}
        {may_send.then(|| send::form(&id, file_max))}
        {story::section(&id, entries, Direction::Ingest, as_of, first)}
        {tokens.map(|tokens| token::section(&id, tokens, as_of, grants, doing.revoke))}
    }
    .into_any()
}

fn facts(settings: Vec<Setting>) -> AnyView {
    let rows: Vec<_> = settings
        .into_iter()
        .map(|setting| {
            view! {
                <div>
                    <dt>{setting.name}</dt>
                    <dd>{setting.value}</dd>
                </div>
            }
        })
        .collect();
    view! {
        <section class="facts card" aria-labelledby="settings">
            <h2 id="settings">"Set up"</h2>
            <dl>{rows}</dl>
        </section>
    }
    .into_any()
}
