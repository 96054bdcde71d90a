//! Walks a list by its ids, the newest first, so that new arrivals never shift a page.

use super::Result;
use crate::domain::query::{Page, Rows};
use futures::TryStreamExt;
use mongodb::Collection;
use mongodb::bson::{Document, doc};
use mongodb::options::Hint;
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
    let Rows { rows, next } = rows(collection, query, None, limit, id).await?;
    Ok(Page { rows, next, total })
}

/// The newest rows of a query, found by the index `hint` when there is one.
pub(super) async fn rows<D, T>(
    collection: &Collection<D>,
    query: Document,
    hint: Option<Hint>,
    limit: u32,
    id: impl Fn(&D) -> &String,
) -> Result<Rows<T>>
where
    D: DeserializeOwned + Send + Sync + Unpin,
    T: From<D>,
{
    let mut finding = collection
        .find(query)
        .sort(doc! {"_id": -1})
        .limit(i64::from(limit) + 1);
    if let Some(hint) = hint {
        finding = finding.hint(hint);
    }
    let mut rows: Vec<D> = finding.await?.try_collect().await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| more).map(|last| id(last).clone());
    Ok(Rows {
        rows: rows.into_iter().map(T::from).collect(),
        next,
    })
}
