//! Looks at a picture of a partner: fetches as much of it as tells its size, within limits of time and
//! size, and from nowhere inside.

use super::guard::Guard;
use super::pull::{Failure, client, follow};
use crate::domain::contract::Picture;
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
    pub async fn look(&self, url: &str) -> Result<Picture, String> {
        match tokio::time::timeout(WITHIN, self.fetch(url)).await {
            Ok(Ok(picture)) => Ok(picture),
            Ok(Err(why)) => Err(why),
            Err(_) => Err(format!("it was not there after {} s", WITHIN.as_secs())),
        }
    }

    async fn fetch(&self, url: &str) -> Result<Picture, String> {
        let (mut response, _) = follow(&self.client, self.guard, url, |request| request)
            .await
            .map_err(Failure::words)?;
        if response.status() != StatusCode::OK {
            return Err(format!("the server answered {}", response.status()));
        }
        let bytes = response.content_length().unwrap_or(0);
        let mut read = Vec::new();
        loop {
            let more = response.chunk().await;
            let more = more.map_err(|error| Failure::of(super::pull::in_full(&error)).words())?;
            let Some(more) = more else { break };
            read.extend_from_slice(&more);
            if let Some((width, height)) = size(&read) {
                return Ok(Picture { width, height, bytes });
            }
            if read.len() >= READ || (read.len() >= TOLD && imagesize::image_type(&read).is_err()) {
                break;
            }
        }
        Err("what is there is no picture whose size can be read".to_owned())
    }
}

/// Width and height in pixels, as soon as they can be told.
fn size(begin: &[u8]) -> Option<(u32, u32)> {
    let size = imagesize::blob_size(begin).ok()?;
    Some((size.width.try_into().ok()?, size.height.try_into().ok()?))
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
