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

/// Makes a token; the text is shown once and kept nowhere. One that `may_log` also writes entries
/// of the audit log.
pub async fn make(
    store: &Store,
    partner: &PartnerId,
    feed: Option<FeedId>,
    may_log: bool,
    now: DateTime<Utc>,
) -> Result<(Token, String)> {
    let text = format!("{MARK}{}", hex(&rand::random::<[u8; 32]>()));
    let token = Token {
        prefix: text[..SHOWN].to_owned(),
        partner: partner.clone(),
        feed,
        may_log,
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
