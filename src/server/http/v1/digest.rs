//! Reads the digest that a sender gives of its file, so that what was changed on the way is
//! noticed.
//!
//! Two headers carry one: `Content-Digest: sha-256=:…:` (RFC 9530) and the older
//! `Digest: SHA-256=…` (RFC 3230). Algorithms other than SHA-256 are passed over.

use super::problem::Problem;
use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write;

/// The announced SHA-256 in hex; none when none was. A value that is no SHA-256 is a problem:
/// whoever sends one wants it looked at.
pub(super) fn announced(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    for name in ["content-digest", "digest"] {
        for value in headers.get_all(name) {
            let value = value.to_str().unwrap_or_default();
            let algorithms = value.split(',').filter_map(|part| part.trim().split_once('='));
            for (algorithm, digest) in algorithms {
                if !algorithm.trim().eq_ignore_ascii_case("sha-256") {
                    continue;
                }
                return hex(digest).map(Some).ok_or_else(|| {
                    Problem::bad_request(format!(
                        "The digest “{digest}” is no SHA-256 in base64; send it as “Content-Digest: sha-256=:…:”, or \
                         leave it out."
                    ))
                });
            }
        }
    }
    Ok(None)
}

fn hex(digest: &str) -> Option<String> {
    let digest = digest.trim();
    let digest = digest
        .strip_prefix(':')
        .map_or(Some(digest), |rest| rest.strip_suffix(':'))?;
    let bytes = STANDARD.decode(digest).ok().filter(|bytes| bytes.len() == 32)?;
    Some(bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_headers_say_the_same_and_other_algorithms_say_nothing() {
        const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        for (name, value, expected) in [
            (
                "content-digest",
                "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:",
                Some(NOTHING),
            ),
            ("content-digest", "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:", None),
            (
                "digest",
                "MD5=1B2M2Y8AsgTpgAmY7PhCfg==, SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                Some(NOTHING),
            ),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().expect("a header"));
            let found = announced(&headers).expect("it can be read");
            assert_eq!(found.as_deref(), expected, "{name}: {value}");
        }
        for value in [
            "sha-256=:abc:",
            "sha-256=:1B2M2Y8AsgTpgAmY7PhCfg==:",
            "sha-256=:x",
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("content-digest", value.parse().expect("a header"));
            assert!(announced(&headers).is_err(), "{value}");
        }
    }
}
