//! Puts one feed's page together.

use super::summary::summary;
use super::{outgoing, picture, story, token};
use crate::api::feed::{Entry, FeedView, Setting};
use crate::domain::account::Viewer;
use crate::domain::delivery::{Delivery, Direction, Origin, Status};
use crate::domain::feed::{Feed, Mode};
use crate::domain::format::counted;
use crate::domain::health::{self, Signs};
use crate::domain::ids::FeedId;
use crate::domain::profile::Profile;
use crate::domain::query::{DeliveryFilter, Page, QuarantineFilter, Range};
use crate::error::AppError;
use crate::server::calendar::{Calendar, Stretch};
use crate::server::context::{self, AppState};
use crate::server::store::FeedState;

/// Deliveries on one page of the story.
const ENTRIES: u32 = 40;

/// The stretch of time a feed's figures are of.
const SINCE: Range = Range::LastHours(30 * 24);

/// Finds a feed in the caller's scope.
pub(super) async fn find(state: &AppState, viewer: &Viewer, id: &FeedId) -> Result<FeedState, AppError> {
    state
        .store
        .find_feed(&viewer.scope(), id)
        .await?
        .ok_or_else(|| AppError::not_found("feed"))
}

/// Reads the page of a feed in the caller's scope.
pub async fn read(viewer: &Viewer, id: &FeedId, after: &str) -> Result<FeedView, AppError> {
    let state = context::state()?;
    let store = &state.store;
    let scope = viewer.scope();
    let now = state.clock.now();
    let FeedState { feed, last, .. } = find(&state, viewer, id).await?;
    let partner = id.partner();
    let stretch = Stretch::of(SINCE, Calendar::UTC, now);
    let span = stretch.span;
    let of_feed = DeliveryFilter {
        feed: Some(id.clone()),
        ..DeliveryFilter::default()
    };
    let held = DeliveryFilter {
        status: Some(Status::Held),
        ..of_feed.clone()
    };
    let records = QuarantineFilter {
        feed: Some(id.clone()),
        ..QuarantineFilter::default()
    };
    let (named, items, page, held, records, pull) = tokio::try_join!(
        store.find_partner(&scope, &partner),
        store.count_items(&scope, id),
        store.list_deliveries(&scope, &of_feed, after, ENTRIES),
        store.list_deliveries(&scope, &held, "", 1),
        store.count_held(&scope, &records),
        store.find_pull(&scope, id),
    )?;
    let tokens = token::list(&state, viewer, id).await?;
    let pictures = picture::read(&state, viewer, &feed).await?;
    let rolled = state.figures.read(&scope, &[span], stretch.grain(), now).await?;
    let sum = rolled.of_feed(id, span);
    // Nobody waits for figures that are held while the log is asked.
    drop(rolled);
    let (figures, p95_ms) = (summary(&sum), sum.export_latency.percentile(0.95));
    let partner_name = named.map_or_else(|| partner.to_string(), |p| p.name);
    let sent = match feed.direction {
        Direction::Ingest => None,
        Direction::Export => {
            let name = partner_name.clone();
            Some(outgoing::of_feed(&state, &scope, id, name, (span, p95_ms)).await?)
        }
    };
    let signs = Signs {
        direction: feed.direction,
        last,
        expected_every_hours: feed.expected_every_hours,
        counts: figures.counts,
    };
    let rows: Vec<Entry> = page.rows.into_iter().map(entry).collect();
    Ok(FeedView {
        id: id.clone(),
        partner_name,
        as_of: now,
        health: health::judge(&signs, now),
        summary: figures,
        sent,
        items,
        open: records,
        undecided: held.total,
        settings: settings(&feed),
        pull: pull.map(Into::into),
        pictures,
        tokens,
        file_max: state.file_max,
        entries: Page {
            rows,
            next: page.next,
            total: page.total,
        },
    })
}

fn settings(feed: &Feed) -> Vec<Setting> {
    let setting = |name: &str, value: String| Setting {
        name: name.to_owned(),
        value,
    };
    let expected = feed.expected_every_hours.map_or_else(
        || "no rhythm agreed".to_owned(),
        |hours| format!("every {hours} h"),
    );
    if feed.direction == Direction::Export {
        return vec![
            setting("Expected", expected),
            setting(
                "Files are",
                "exports, as whoever makes them writes them into the log".to_owned(),
            ),
        ];
    }
    let terms = feed.terms();
    let currency = terms
        .contract
        .currency
        .map_or_else(|| "any".to_owned(), |c| c.code().to_owned());
    let mode = match feed.mode {
        Mode::Snapshot => "whole catalogues: what a file does not name is withdrawn",
        Mode::Delta => "changes: what a file does not name stays",
    };
    vec![
        setting("Expected", expected),
        setting("Files are", mode.to_owned()),
        setting("Currency", currency),
        setting("Read by", profile(feed)),
        setting("Contract", contract(feed)),
    ]
}

fn profile(feed: &Feed) -> String {
    format!("{}, version {}", words(&feed.profile), feed.profile_version)
}

fn words(profile: &Profile) -> String {
    let Some(base) = &profile.base else {
        let own = profile.map.len() as u64;
        return match own {
            _ if profile.is_empty() => "the names as they are".to_owned(),
            0 => "a profile of its own".to_owned(),
            _ => format!("a profile of its own, {} mapped", counted(own, "name", "names")),
        };
    };
    let alone = Profile::named(base).as_ref() == Some(profile);
    format!(
        "the profile {base}{}",
        if alone { "" } else { ", set otherwise in parts" }
    )
}

fn contract(feed: &Feed) -> String {
    let own = feed.contract.rules.len() as u64;
    let version = feed.contract.version;
    if own == 0 {
        format!("version {version}, the rule book as it stands")
    } else {
        format!(
            "version {version}, {} set otherwise",
            counted(own, "rule", "rules")
        )
    }
}

fn entry(delivery: Delivery) -> Entry {
    Entry {
        story: story::story(&delivery),
        code: story::code(&delivery),
        replay: matches!(delivery.origin, Origin::Replay { .. }),
        file: delivery.file.name,
        at: delivery.received_at,
        status: delivery.status,
        direction: delivery.direction,
        counts: delivery.counts,
        id: delivery.id,
    }
}
