//! Keeps the links by which people set their password: the hash of each, never itself.

use super::{Result, Store, when};
use crate::domain::ids::UserId;
use chrono::{DateTime, Utc};
use mongodb::bson::doc;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a link is kept after it has expired.
pub(super) const KEPT: Duration = Duration::from_hours(30 * 24);

#[derive(Serialize, Deserialize)]
struct LinkDoc {
    #[serde(rename = "_id")]
    hash: String,
    user: String,
    #[serde(with = "when")]
    expires_at: DateTime<Utc>,
}

impl Store {
    /// Adds a link by its hash; those that the account had before lead nowhere from here.
    pub async fn insert_link(&self, hash: &str, user: &UserId, expires_at: DateTime<Utc>) -> Result<()> {
        self.drop_links(user).await?;
        let doc = LinkDoc {
            hash: hash.to_owned(),
            user: user.to_string(),
            expires_at,
        };
        self.collection("links").insert_one(doc).await?;
        Ok(())
    }

    /// Whose link this is; none when it was used, has expired or never was.
    pub async fn find_link(&self, hash: &str, now: DateTime<Utc>) -> Result<Option<UserId>> {
        let query = doc! {"_id": hash, "expires_at": {"$gt": when::bson(now)}};
        let found = self.collection::<LinkDoc>("links").find_one(query).await?;
        Ok(found.map(|d| UserId::new(d.user)))
    }

    /// The same, and the link is used up: of two who use it at once, one gets it.
    pub async fn use_link(&self, hash: &str, now: DateTime<Utc>) -> Result<Option<UserId>> {
        let query = doc! {"_id": hash, "expires_at": {"$gt": when::bson(now)}};
        let found = self
            .collection::<LinkDoc>("links")
            .find_one_and_delete(query)
            .await?;
        Ok(found.map(|d| UserId::new(d.user)))
    }

    /// Drops every link of an account.
    pub async fn drop_links(&self, user: &UserId) -> Result<()> {
        self.collection::<LinkDoc>("links")
            .delete_many(doc! {"user": user.as_str()})
            .await?;
        Ok(())
    }
}
