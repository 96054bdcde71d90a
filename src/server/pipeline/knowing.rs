//! Gathers what the engine is told beside a feed's contract: the operator's categories, and the
//! pictures of the feed that its contract might complain of.

use crate::domain::contract::checks::picture::longest_asked;
use crate::domain::contract::{Known, Taxonomy};
use crate::domain::feed::Feed;
use crate::domain::record::Attributes;
use crate::server::store::{Result, Store};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// What is known for all records of a feed, as far as it was known at a time.
pub async fn known(
    store: &Store,
    taxonomy: Option<&Arc<Taxonomy>>,
    feed: Option<&Feed>,
    by: DateTime<Utc>,
) -> Result<Known> {
    let known = Known::categories(taxonomy.cloned());
    let Some(feed) = feed.filter(|feed| feed.pictures) else {
        return Ok(known);
    };
    let side = longest_asked(&feed.terms().contract, by);
    let pictures = store.odd_pictures(&feed.id, side, by).await?;
    Ok(known.seeing(Arc::new(pictures)))
}

/// What is known now for a few records of a feed.
pub async fn known_of(
    store: &Store,
    taxonomy: Option<&Arc<Taxonomy>>,
    feed: Option<&Feed>,
    records: &[&Attributes],
) -> Result<Known> {
    let known = Known::categories(taxonomy.cloned());
    let Some(feed) = feed.filter(|feed| feed.pictures) else {
        return Ok(known);
    };
    // Which of its addresses is the picture's, is the engine's to say.
    let values = records.iter().flat_map(|record| record.iter());
    let is_url = |value: &&str| {
        value
            .get(..4)
            .is_some_and(|begin| begin.eq_ignore_ascii_case("http"))
    };
    let urls = values.map(|(_, value)| value.trim()).filter(is_url);
    let pictures = store.pictures_at(&feed.id, urls).await?;
    Ok(known.seeing(Arc::new(pictures)))
}
