//! Writes figures, durations and times as people read them.
//!
//! One place, so that the same number looks the same on every page, in every report and on
//! the command line. Both sides of the wire give the same text for the same input, which
//! hydration rests on; "now" is always an argument.

use chrono::{DateTime, TimeDelta, Utc};
use std::borrow::Cow;

/// A count with its thousands apart: `12,431`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 record`, `12,431 records`.
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A share as a percentage with one decimal, a dash where there is none: `1.9 %`.
pub fn percent(share: Option<f64>) -> String {
    match share {
        None => "–".to_owned(),
        // So small a share must not look like none at all.
        Some(share) if share > 0.0 && share < 0.0005 => "< 0.1 %".to_owned(),
        Some(share) => format!("{:.1} %", share * 100.0),
    }
}

/// How a count has changed against an earlier one: `+12 %`, `−3 %`; a dash where there is none.
#[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
pub fn change(now: u64, before: Option<u64>) -> String {
    match before {
        None | Some(0) => "–".to_owned(),
        Some(before) => {
            let percent = ((now as f64 / before as f64 - 1.0) * 100.0).round();
            match percent {
                0.0 => "±0 %".to_owned(),
                p if p > 0.0 => format!("+{p:.0} %"),
                p => format!("−{:.0} %", p.abs()),
            }
        }
    }
}

/// A duration in milliseconds: `850 ms`, `4.2 s`, `3 min`, `5 h`; a dash where there is none.
#[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
pub fn duration(ms: Option<u64>) -> String {
    match ms {
        None => "–".to_owned(),
        Some(ms) if ms < 1000 => format!("{ms} ms"),
        Some(ms) if ms < 60_000 => format!("{:.1} s", ms as f64 / 1000.0),
        Some(ms) if ms < 7_200_000 => format!("{} min", ms / 60_000),
        Some(ms) => format!("{} h", ms / 3_600_000),
    }
}

/// A stretch of time: `45 s`, `14 min`, `30 h`, `5 days`.
pub fn span(length: TimeDelta) -> String {
    let seconds = length.num_seconds().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..7200 => format!("{} min", seconds / 60),
        7200..259_200 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// How long ago something was: `just now`, `14 min ago`; of what a clock that goes ahead has
/// dated into the future, `in 14 min`.
pub fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let gap = now - at;
    if gap < -TimeDelta::minutes(1) {
        format!("in {}", span(-gap))
    } else if gap < TimeDelta::seconds(10) {
        "just now".to_owned()
    } else {
        format!("{} ago", span(gap))
    }
}

/// An instant in full: `24 Nov 2026, 13:05:09 UTC`.
pub fn instant(at: DateTime<Utc>) -> String {
    at.format("%-d %b %Y, %H:%M:%S UTC").to_string()
}

/// A day, from midnight UTC: `24 Nov 2026`.
pub fn day(at: DateTime<Utc>) -> String {
    at.format("%-d %b %Y").to_string()
}

/// An instant to the minute: `24 Nov, 13:05`.
pub fn minute(at: DateTime<Utc>) -> String {
    at.format("%-d %b, %H:%M").to_string()
}

/// A size in bytes: `512 B`, `71 kB`, `447 MB`.
#[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
pub fn bytes(n: u64) -> String {
    match n {
        0..1000 => format!("{n} B"),
        1000..1_000_000 => format!("{:.0} kB", n as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.2} GB", n as f64 / 1e9),
    }
}

/// Several words in a sentence: `price, sale_price and link`.
pub fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// Words as a label begins with them: the first letter large.
pub fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Text made safe for HTML and SVG, in elements and in attributes.
pub fn escape<'a>(text: impl Into<Cow<'a, str>>) -> Cow<'a, str> {
    let text = text.into();
    let unsafe_byte = |byte: u8| matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'');
    if !text.bytes().any(unsafe_byte) {
        return text;
    }
    let mut safe = String::with_capacity(text.len() + 16);
    let mut rest = &*text;
    while let Some(at) = rest.bytes().position(unsafe_byte) {
        let (before, after) = rest.split_at(at);
        safe.push_str(before);
        safe.push_str(match after.as_bytes()[0] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        });
        rest = &after[1..];
    }
    safe.push_str(rest);
    Cow::Owned(safe)
}

/// Text made safe as a value in a URL's query.
pub fn url_value(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut safe = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/:".contains(&byte) {
            safe.push(char::from(byte));
        } else {
            safe.push('%');
            safe.push(char::from(HEX[usize::from(byte >> 4)]));
            safe.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_people_write_them() {
        assert_eq!(
            [count(0), count(999), count(1000), count(12_431), count(1_234_567)],
            ["0", "999", "1,000", "12,431", "1,234,567"]
        );
        assert_eq!(
            [
                percent(None),
                percent(Some(0.0)),
                percent(Some(0.0001)),
                percent(Some(0.0194))
            ],
            ["–", "0.0 %", "< 0.1 %", "1.9 %"]
        );
        assert_eq!(
            [
                duration(Some(850)),
                duration(Some(4210)),
                duration(Some(200_000)),
                duration(None)
            ],
            ["850 ms", "4.2 s", "3 min", "–"]
        );
        assert_eq!(
            [bytes(512), bytes(71_369), bytes(447_000_000)],
            ["512 B", "71 kB", "447.0 MB"]
        );
    }

    #[test]
    fn text_cannot_break_out_of_markup_or_a_query() {
        assert_eq!(
            escape("<a href='x'>&\"</a>"),
            "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;"
        );
        assert_eq!(url_value("acme/main a&b=ü"), "acme/main%20a%26b%3D%C3%BC");
    }

    #[test]
    fn a_time_that_has_just_passed_is_now() {
        let now = DateTime::from_timestamp(1_780_000_000, 0).expect("a time");
        assert_eq!(ago(now + TimeDelta::seconds(3), now), "just now");
        assert_eq!(ago(now - TimeDelta::minutes(14), now), "14 min ago");
        assert_eq!(ago(now + TimeDelta::minutes(14), now), "in 14 min");
    }
}
