//! Looks at a picture of a partner: fetches as much of it as tells its size, within limits of time and
//! size, and from nowhere inside.

use super::guard::Guard;
use super::pull::{client, follow, in_full, retry_after};
use crate::domain::contract::Picture;
use crate::server::store::Fault;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Client, StatusCode};
use std::time::Duration;

/// How long one may take.
const WITHIN: Duration = Duration::from_secs(20);
/// Bytes of a picture that are read at most to learn its size.
const READ: usize = 1 << 20;
/// Bytes after which what is no picture will not become one.
const TOLD: usize = 4 << 10;

/// Looks at pictures.
#[derive(Debug, Clone)]
pub struct Looker {
    client: Client,
    guard: Guard,
}

impl Looker {
    /// Looks at private addresses only when `private` says so.
    pub fn new(private: bool) -> anyhow::Result<Self> {
        let guard = Guard { private };
        Ok(Self {
            client: client(guard)?,
            guard,
        })
    }

    /// What is at an address, or why nothing is seen there.
    pub async fn look(&self, url: &str, now: DateTime<Utc>) -> Result<Picture, Unseen> {
        match tokio::time::timeout(WITHIN, self.fetch(url, now)).await {
            Ok(seen) => seen,
            Err(_) => Err(Unseen::unanswered(format!(
                "it was not there after {} s",
                WITHIN.as_secs()
            ))),
        }
    }

    async fn fetch(&self, url: &str, now: DateTime<Utc>) -> Result<Picture, Unseen> {
        let (mut response, _) = follow(&self.client, self.guard, url, |request| request)
            .await
            .map_err(|failure| Unseen::unanswered(failure.words()))?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                return Err(Unseen::Busy(retry_after(response.headers(), now)));
            }
            status => return Err(Unseen::answered(format!("the server answered {status}"))),
        }
        let bytes = response.content_length().unwrap_or(0);
        let seen = |(width, height)| Picture { width, height, bytes };
        // What comes in crumbs is not gone through for each of them.
        let (mut read, mut enough) = (Vec::new(), 32);
        while read.len() < READ {
            let more = response.chunk().await;
            let more = more.map_err(|error| Unseen::unanswered(in_full(&error)))?;
            let Some(more) = more else { break };
            read.extend_from_slice(&more);
            if read.len() < enough {
                continue;
            }
            enough = 2 * read.len();
            if let Some(size) = size(&read) {
                return Ok(seen(size));
            }
            if read.len() >= TOLD && imagesize::image_type(&read).is_err() {
                break;
            }
        }
        let none = || Unseen::answered("what is there is no picture whose size can be read".to_owned());
        size(&read).map(seen).ok_or_else(none)
    }
}

/// Why nothing is seen at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unseen {
    /// The server wants to be asked later; how much later, if it says so.
    Busy(Option<TimeDelta>),
    /// Something is wrong.
    Fault(Fault),
}

impl Unseen {
    fn answered(why: String) -> Self {
        Self::Fault(Fault { why, answered: true })
    }

    fn unanswered(why: String) -> Self {
        Self::Fault(Fault { why, answered: false })
    }
}

/// Width and height in pixels, as soon as they can be told.
fn size(begin: &[u8]) -> Option<(u32, u32)> {
    let size = imagesize::blob_size(begin).ok()?;
    let (width, height) = (u32::try_from(size.width).ok()?, u32::try_from(size.height).ok()?);
    // The lines of a BMP may go from top to bottom: then its height is below zero.
    let height = match imagesize::image_type(begin) {
        Ok(imagesize::ImageType::Bmp) => height.cast_signed().unsigned_abs(),
        _ => height,
    };
    Some((width, height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_told_by_the_first_bytes_and_nothing_else_is_taken_for_one() {
        let gif = *b"GIF89a\x20\x03\x58\x02\x00\x00\x00";
        assert_eq!(size(&gif), Some((800, 600)));
        for cut in 0..10 {
            assert_eq!(size(&gif[..cut]), None, "{cut}");
        }
        assert_eq!(size(b"<!doctype html><title>Not found</title>"), None);
        assert_eq!(size(&[]), None);
    }

    #[test]
    fn a_bmp_is_as_high_whichever_way_its_lines_go() {
        let bmp = |height: i32| {
            let mut bytes = b"BM".to_vec();
            bytes.extend([0; 12]);
            bytes.extend(40_u32.to_le_bytes());
            bytes.extend(800_i32.to_le_bytes());
            bytes.extend(height.to_le_bytes());
            bytes.extend([0; 28]);
            bytes
        };
        assert_eq!(size(&bmp(600)), Some((800, 600)));
        assert_eq!(size(&bmp(-600)), Some((800, 600)));
    }

    proptest::proptest! {
        #[test]
        fn bytes_of_any_kind_never_panic(
            head in proptest::sample::select(vec![
                &b"\xff\xd8\xff\xe0"[..], b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8 ", b"BM", b"II*\0", b"MM\0*",
                b"\0\0\0\x18ftypavif", b"",
            ]),
            rest in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
        ) {
            let _ = size(&[head, &rest].concat());
        }
    }
}
