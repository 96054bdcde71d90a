//! Walks a list by its ids, the newest first, so that new arrivals never shift a page.

use super::Result;
use crate::domain::query::Page;
use futures::TryStreamExt;
use mongodb::Collection;
use mongodb::bson::{Document, doc};
use serde::de::DeserializeOwned;

/// The page behind `after`, an id; the first one when that is empty. Ids sort by the time they
/// were made, and `id` tells a document's.
pub(super) async fn by_id<D, T>(
    collection: &Collection<D>,
    mut query: Document,
    after: &str,
    limit: u32,
    id: impl Fn(&D) -> &String,
) -> Result<Page<T>>
where
    D: DeserializeOwned + Send + Sync + Unpin,
    T: From<D>,
{
    let total = collection.count_documents(query.clone()).await?;
    if !after.is_empty() {
        query.insert("_id", doc! {"$lt": after});
    }
    let mut rows: Vec<D> = collection
        .find(query)
        .sort(doc! {"_id": -1})
        .limit(i64::from(limit) + 1)
        .await?
        .try_collect()
        .await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| more).map(|last| id(last).clone());
    Ok(Page {
        rows: rows.into_iter().map(T::from).collect(),
        next,
        total,
    })
}
