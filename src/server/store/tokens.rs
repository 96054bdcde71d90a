//! Keeps the tokens that partners' programs send files with: their hash, never themselves.
//!
//! A token is 256 random bits, so its plain SHA-256 tells nobody anything; whoever reads the
//! database cannot send files with what is there.

use super::{Error, Result, Store, is_duplicate_key, when};
use crate::domain::account::Scope;
use crate::domain::ids::{FeedId, PartnerId};
use chrono::{DateTime, TimeDelta, Utc};
use futures::TryStreamExt;
use mongodb::bson::doc;
use mongodb::options::ReturnDocument;
use serde::{Deserialize, Serialize};

/// The last use is written down this often at most.
const USE_NOTED: TimeDelta = TimeDelta::minutes(1);

/// A token as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its first characters, by which people tell tokens apart.
    pub prefix: String,
    /// Whose files it may send.
    pub partner: PartnerId,
    /// Of which feed alone, if not of every one.
    pub feed: Option<FeedId>,
    /// Whether it may write entries of the audit log.
    pub may_log: bool,
    /// What it was made for, in the words of who made it; may be empty.
    pub label: String,
    /// Who made it; empty when that was not written down.
    pub made_by: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

#[derive(Serialize, Deserialize)]
struct TokenDoc {
    #[serde(rename = "_id")]
    hash: String,
    prefix: String,
    partner: String,
    feed: Option<String>,
    #[serde(default)]
    may_log: bool,
    #[serde(default)]
    label: String,
    #[serde(default)]
    made_by: String,
    #[serde(with = "when")]
    made_at: DateTime<Utc>,
    #[serde(with = "when::option", default)]
    used_at: Option<DateTime<Utc>>,
    #[serde(with = "when::option", default)]
    revoked_at: Option<DateTime<Utc>>,
}

impl From<TokenDoc> for Token {
    fn from(d: TokenDoc) -> Self {
        Self {
            prefix: d.prefix,
            partner: PartnerId::new(d.partner),
            feed: d.feed.map(FeedId::new),
            may_log: d.may_log,
            label: d.label,
            made_by: d.made_by,
            made_at: d.made_at,
            used_at: d.used_at,
            revoked_at: d.revoked_at,
        }
    }
}

impl Store {
    /// Adds a token by its hash, in hex.
    pub async fn insert_token(&self, token: &Token, hash: &str) -> Result<()> {
        let doc = TokenDoc {
            hash: hash.to_owned(),
            prefix: token.prefix.clone(),
            partner: token.partner.to_string(),
            feed: token.feed.as_ref().map(ToString::to_string),
            may_log: token.may_log,
            label: token.label.clone(),
            made_by: token.made_by.clone(),
            made_at: token.made_at,
            used_at: None,
            revoked_at: None,
        };
        match self.collection::<TokenDoc>("api_tokens").insert_one(doc).await {
            Err(error) if is_duplicate_key(&error) => Err(Error::Conflict {
                what: format!("the token {}", token.prefix),
            }),
            Err(error) => Err(error.into()),
            Ok(_) => Ok(()),
        }
    }

    /// Finds the token with this hash that was not revoked, and notes that it was used.
    pub async fn use_token(&self, hash: &str, now: DateTime<Utc>) -> Result<Option<Token>> {
        let tokens = self.collection::<TokenDoc>("api_tokens");
        let found = tokens.find_one(doc! {"_id": hash, "revoked_at": null}).await?;
        if let Some(token) = &found
            && token.used_at.is_none_or(|at| now - at >= USE_NOTED)
        {
            tokens
                .update_one(doc! {"_id": hash}, doc! {"$max": {"used_at": when::bson(now)}})
                .await?;
        }
        Ok(found.map(Token::from))
    }

    /// Lists the tokens in the scope, by partner, the newest first.
    pub async fn list_tokens(&self, scope: &Scope) -> Result<Vec<Token>> {
        let query = super::scope::narrow(doc! {}, scope, None);
        let found: Vec<TokenDoc> = self
            .collection::<TokenDoc>("api_tokens")
            .find(query)
            .sort(doc! {"partner": 1, "made_at": -1})
            .await?
            .try_collect()
            .await?;
        Ok(found.into_iter().map(Token::from).collect())
    }

    /// Revokes the token with this prefix; it counts no more from here. None when there is no
    /// such token, or it was revoked before.
    pub async fn revoke_token(
        &self,
        scope: &Scope,
        prefix: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Token>> {
        let query = super::scope::narrow(doc! {"prefix": prefix, "revoked_at": null}, scope, None);
        let revoked = self
            .collection::<TokenDoc>("api_tokens")
            .find_one_and_update(query, doc! {"$set": {"revoked_at": when::bson(now)}})
            .return_document(ReturnDocument::After)
            .await?;
        Ok(revoked.map(Token::from))
    }
}
