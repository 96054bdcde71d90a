//! Reads instants as ISO 8601 writes them, and refuses to guess at any other form.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// Reads `YYYY-MM-DD`, alone (midnight UTC) or followed by `Thh:mm`, perhaps seconds with
/// decimals, and perhaps a zone: `Z`, `+hhmm`, `+hh:mm` or `+hh`. Without a zone it is UTC.
pub(super) fn instant(value: &str) -> Option<DateTime<Utc>> {
    let (day, rest) = value.split_at_checked(10)?;
    let bytes = day.as_bytes();
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let year = i32::try_from(number(&day[..4])?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, number(&day[5..7])?, number(&day[8..])?)?;
    if rest.is_empty() {
        return Some(day.and_hms_opt(0, 0, 0)?.and_utc());
    }
    let rest = rest.strip_prefix(['T', 't'])?;
    let zone = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(zone);
    let (hours, rest) = (number(clock.get(..2)?)?, clock.get(2..)?);
    let minutes = rest.strip_prefix(':')?;
    let (minutes, rest) = (number(minutes.get(..2)?)?, minutes.get(2..)?);
    let seconds = match rest.strip_prefix(':') {
        None if rest.is_empty() => 0,
        None => return None,
        Some(seconds) => {
            let (whole, decimals) = seconds.split_once('.').unwrap_or((seconds, "0"));
            (whole.len() == 2 && !decimals.is_empty() && decimals.bytes().all(|b| b.is_ascii_digit()))
                .then(|| number(whole))??
        }
    };
    let local = day.and_hms_opt(hours, minutes, seconds)?.and_utc();
    local.checked_sub_signed(offset(zone)?)
}

/// How far a zone is east of UTC.
fn offset(zone: &str) -> Option<TimeDelta> {
    let (sign, digits) = match zone.as_bytes() {
        [] | [b'Z' | b'z'] => return Some(TimeDelta::zero()),
        [b'+', ..] => (1, &zone[1..]),
        [b'-', ..] => (-1, &zone[1..]),
        _ => return None,
    };
    let (hours, minutes) = match digits.len() {
        2 => (digits, "00"),
        4 => digits.split_at_checked(2)?,
        5 => digits.split_once(':')?,
        _ => return None,
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours <= 14 && minutes < 60)
        .then(|| TimeDelta::minutes(sign * (i64::from(hours) * 60 + i64::from(minutes))))
}

/// Digits and nothing else.
fn number(text: &str) -> Option<u32> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::instant;
    use proptest::prelude::*;

    #[test]
    fn iso_forms_are_read_in_their_zone_and_nothing_else_is() {
        for (value, expected) in [
            ("2026-12-24", "2026-12-24T00:00:00Z"),
            ("2026-12-24T18:30", "2026-12-24T18:30:00Z"),
            ("2026-12-24T18:30Z", "2026-12-24T18:30:00Z"),
            ("2026-12-24T18:30:05Z", "2026-12-24T18:30:05Z"),
            ("2026-12-24T18:30:05.250Z", "2026-12-24T18:30:05Z"),
            ("2026-12-24T18:30+0100", "2026-12-24T17:30:00Z"),
            ("2026-12-24T18:30+01:00", "2026-12-24T17:30:00Z"),
            ("2026-12-24T18:30-08", "2026-12-25T02:30:00Z"),
        ] {
            let read = instant(value).map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
            assert_eq!(read.as_deref(), Some(expected), "{value}");
        }
        for value in [
            "",
            "24.12.2026",
            "2026-02-30",
            "2026-12-24 18:30",
            "2026-12-24T",
            "2026-12-24T25:00",
            "2026-12-24T18:30+1",
            "2026-12-24T18:30:5Z",
            "20261224",
            "2026-12-24T18:30CET",
            "２026-12-24",
            "+026-12-24",
        ] {
            assert_eq!(instant(value), None, "{value}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,30}", digits in "[0-9T:.Z+-]{0,30}") {
            let _ = (instant(&text), instant(&digits));
        }
    }
}
