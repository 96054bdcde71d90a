//! Makes the tokens that partners' programs send files with, and finds out whose one is.

use super::store::{Result, Store, Token};
use crate::domain::ids::{FeedId, PartnerId};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// What every token begins with, so that one that got into a log or a repository is recognised.
const MARK: &str = "fg_";
/// Characters of a token that are shown afterwards: the mark and 32 of its 256 bits.
const SHOWN: usize = MARK.len() + 8;

/// A token that somebody wants.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Whose files it is to send.
    pub partner: PartnerId,
    /// Of which feed alone, if not of every one.
    pub feed: Option<FeedId>,
    /// Whether it is to write entries of the audit log, too.
    pub may_log: bool,
    /// What it is for; may be empty.
    pub label: String,
    /// Who wants it.
    pub by: String,
}

/// Makes a token; the text is shown once and kept nowhere.
pub async fn make(store: &Store, wanted: Wanted, now: DateTime<Utc>) -> Result<(Token, String)> {
    let text = format!("{MARK}{}", hex(&rand::random::<[u8; 32]>()));
    let token = Token {
        prefix: text[..SHOWN].to_owned(),
        partner: wanted.partner,
        feed: wanted.feed,
        may_log: wanted.may_log,
        label: wanted.label,
        made_by: wanted.by,
        made_at: now,
        used_at: None,
        revoked_at: None,
    };
    store.insert_token(&token, &hash(&text)).await?;
    Ok((token, text))
}

/// Finds out whose token this is; none when it is nobody's, or was revoked.
pub async fn identify(store: &Store, text: &str, now: DateTime<Utc>) -> Result<Option<Token>> {
    if text.starts_with(MARK) {
        store.use_token(&hash(text), now).await
    } else {
        Ok(None)
    }
}

fn hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
