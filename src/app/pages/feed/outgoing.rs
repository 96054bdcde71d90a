//! Shows a feed whose files go out: how many arrived, how many records they carried, and what came
//! of each. It has no contract and no gates of ours: whoever exports checks, and writes the log.

use super::{Revoke, crumbs, facts, story, token};
use crate::api::feed::FeedView;
use crate::app::components::head::Head;
use crate::app::components::lamp::HealthLamp;
use crate::app::components::tile::Tile;
use crate::app::link;
use crate::domain::account::{Right, Viewer};
use crate::domain::delivery::Direction;
use crate::domain::format::{self, count};
use leptos::prelude::*;
use leptos_meta::Title;

/// The page of such a feed.
pub(super) fn content(view: FeedView, viewer: &Viewer, first: bool, revoke: Revoke) -> AnyView {
    let FeedView {
        id,
        partner_name,
        as_of,
        health,
        sent,
        settings,
        tokens,
        entries,
        ..
    } = view;
    // Only a token that writes the log does anything for such a feed.
    let grants = viewer.may(Right::GrantLog);
    let files = link::feed_deliveries(&id)
        .with("direction", "export")
        .with("range", "30d");
    let tiles = sent.map(|sent| {
        let went = sent.delivered + sent.failed + sent.pending;
        view! {
            <div class="tiles">
                <Tile
                    label="Exports, 30 days"
                    figure=count(went)
                    note=format!("{} arrived", count(sent.delivered))
                    href=files.href()
                />
                <Tile
                    label="Failed, 30 days"
                    figure=count(sent.failed)
                    note=format!("{} pending", count(sent.pending))
                    href=files.with("status", "refused").href()
                />
                <Tile label="Records sent, 30 days" figure=count(sent.records) note="in the files that arrived"/>
                <Tile label="p95 latency" figure=format::duration(sent.p95_ms) note="until a file arrives or is given up"/>
            </div>
        }
    });
    let title = format!("Export {}", id.name());
    view! {
        <Title text=format!("{id}")/>
        {crumbs(&id, partner_name, false)}
        <Head title as_of live=true>
            <HealthLamp health full=true/>
        </Head>
        {tiles}
        {facts(settings)}
        {story::section(&id, entries, Direction::Export, as_of, first)}
        {tokens.filter(|_| grants).map(|tokens| token::section(&id, tokens, as_of, grants, revoke))}
    }
    .into_any()
}
