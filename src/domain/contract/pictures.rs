//! Knows pictures that somebody has looked at: how large they are, and how heavy.
//!
//! The engine fetches nothing. Where a feed's pictures are looked at, the worker does, and hands
//! those over that a rule might complain of; whatever is not among them is fine, or was not
//! looked at yet, and nothing is said of it.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use xxhash_rust::xxh3::xxh3_64;

/// What was seen of one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Pixels from side to side.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// Size of its file, in bytes; 0 where the server did not tell.
    pub bytes: u64,
}

/// Sides that any contract may ask for are no longer than this, in pixels.
pub const LONGEST_ASKED: u32 = 1_000;
/// Pixels that receivers take at most.
pub const MOST_PIXELS: u64 = 64_000_000;
/// Bytes that receivers take at most: 16 MB.
pub const MOST_BYTES: u64 = 16_000_000;

impl Picture {
    /// Its shorter side, in pixels.
    pub fn side(self) -> u32 {
        self.width.min(self.height)
    }

    /// All of its pixels.
    pub fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Whether receivers refuse it for its size.
    pub fn is_large(self) -> bool {
        self.pixels() > MOST_PIXELS || self.bytes > MOST_BYTES
    }
}

/// Pictures by the address they were found under.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pictures(HashMap<u64, Picture>);

impl Pictures {
    /// What an address is remembered by: 64 bits of it.
    pub fn key(url: &str) -> u64 {
        xxh3_64(url.as_bytes())
    }

    /// The picture at an address, if it is known.
    pub fn find(&self, url: &str) -> Option<Picture> {
        self.0.get(&Self::key(url)).copied()
    }
}

impl FromIterator<(u64, Picture)> for Pictures {
    fn from_iter<T: IntoIterator<Item = (u64, Picture)>>(pictures: T) -> Self {
        Self(pictures.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_crosses_into_the_browser_whole() {
        let picture = Picture {
            width: u32::MAX,
            height: 1,
            bytes: u64::MAX,
        };
        let pictures: Pictures = [(u64::MAX, picture), (0, picture)].into_iter().collect();
        let text = serde_json::to_string(&pictures).expect("JSON");
        assert_eq!(
            serde_json::from_str::<Pictures>(&text).expect("the same"),
            pictures
        );
    }
}
