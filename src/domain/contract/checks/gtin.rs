//! Asks whether a GTIN can be one: its digits, its length, its check digit, its prefix.

use crate::domain::contract::look::{Look, Quoted};
use crate::domain::contract::{Actor, Check, Rule};
use crate::domain::record::Attribute;
use crate::domain::violation::Severity;

/// The rules of `gtin`. They are errors by default: a wrong number names another maker's
/// product, which is worse than none. A contract that takes records without a GTIN may make
/// them warnings. An empty GTIN is no violation of these rules.
pub static GTIN: Check = Check {
    name: "gtin",
    attributes: &[Attribute::Gtin],
    rules: &[
        &GTIN_CHARS,
        &GTIN_LENGTH,
        &GTIN_SPREADSHEET,
        &GTIN_ISBN10,
        &GTIN_ZERO,
        &GTIN_CHECK,
        &GTIN_RESTRICTED,
        &GTIN_COUPON,
        &GTIN_VARIABLE,
        &GTIN_COUNT,
    ],
    run: check,
};

/// The rules of `upc`, a column of older exports whose numbers are GTINs too.
pub static UPC: Check = Check {
    name: "upc",
    attributes: &[Attribute::Upc],
    rules: &[&GTIN_UPCE],
    run: check_upc,
};

const FIX: &str = "Copy the number from the product's barcode, or leave the field empty where there is none.";

macro_rules! gtin_rule {
    ($code:ident, $severity:ident, $title:literal, $meaning:literal, $expected:literal,
     valid: $valid:expr, invalid: $invalid:expr, $fix:expr) => {
        #[doc = $expected]
        pub static $code: Rule = Rule {
            code: stringify!($code),
            severity: Severity::$severity,
            attribute: Some("gtin"),
            actor: Actor::Partner,
            threshold: None,
            title: $title,
            meaning: $meaning,
            expected: $expected,
            valid: $valid,
            invalid: $invalid,
            fix: $fix,
        };
    };
}

gtin_rule!(
    GTIN_CHARS,
    Error,
    "GTIN with other than digits",
    "The value holds characters that no GTIN has. Spaces and hyphens are fine and are removed; words such as \
     “n/a” are not: leave the field empty instead.",
    "Digits only.",
    valid: &[&[("gtin", "4006381-333931")], &[("gtin", "4 006381 333931")], &[("gtin", "")]],
    invalid: &[&[("gtin", "FALSE")], &[("gtin", "35.6500.0000")], &[("gtin", "40063813O3931")]],
    FIX
);
gtin_rule!(
    GTIN_LENGTH,
    Error,
    "GTIN of a wrong length",
    "GTINs have 8, 12, 13 or 14 digits. Other numbers are article numbers, or GTINs that lost digits.",
    "8, 12, 13 or 14 digits.",
    valid: &[&[("gtin", "96385074")], &[("gtin", "036000291452")], &[("gtin", "14006381333938")]],
    invalid: &[&[("gtin", "123")], &[("gtin", "400638133")], &[("gtin", "400638133393100")]],
    FIX
);
gtin_rule!(
    GTIN_SPREADSHEET,
    Error,
    "GTIN damaged by a spreadsheet",
    "A spreadsheet took the number for a quantity: leading zeros are gone, or it was written as a power of ten \
     and its last digits are lost. We suggest a number where only zeros are missing, but never put it in.",
    "The number as text, leading zeros included.",
    valid: &[&[("gtin", "036000291452")]],
    invalid: &[&[("gtin", "36000291452")], &[("gtin", "4.00638E+12")], &[("gtin", "4,00638E+12")]],
    "Format the column as text before the numbers are put in, and export again."
);
gtin_rule!(
    GTIN_ISBN10,
    Warning,
    "ISBN of ten digits",
    "The value is an ISBN-10, the form books had before 2007. It was read as the ISBN-13 that it stands for.",
    "The ISBN-13.",
    valid: &[&[("gtin", "9780306406157")]],
    invalid: &[&[("gtin", "0306406152")], &[("gtin", "0-8044-2957-X")]],
    "Send the ISBN-13."
);
gtin_rule!(
    GTIN_ZERO,
    Error,
    "GTIN of zeros",
    "The value is all zeros. Its check digit happens to be right, but it names nothing.",
    "A GTIN that was given to this product.",
    valid: &[&[("gtin", "4006381333931")]],
    invalid: &[&[("gtin", "00000000")], &[("gtin", "000000000000")], &[("gtin", "0")]],
    FIX
);
gtin_rule!(
    GTIN_CHECK,
    Error,
    "Wrong check digit",
    "The last digit of a GTIN follows from the others. Where it does not fit, at least one digit is wrong.",
    "A last digit that fits the others.",
    valid: &[&[("gtin", "4006381333931")], &[("gtin", "8806088269696")]],
    invalid: &[&[("gtin", "4006381333932")], &[("gtin", "383001098386")]],
    FIX
);
gtin_rule!(
    GTIN_RESTRICTED,
    Error,
    "GTIN for use inside a shop",
    "Numbers that begin with 02, 04 or 2 are for use inside one shop or company; elsewhere the same number is \
     another product.",
    "A GTIN that is unique in the world.",
    valid: &[&[("gtin", "4006381333931")]],
    invalid: &[
        &[("gtin", "2001234567893")],
        &[("gtin", "0200000000004")],
        &[("gtin", "0400000000008")],
        &[("gtin", "212345678909")],
        &[("gtin", "02345673")],
    ],
    "Leave the field empty for goods that only have a number of your own."
);
gtin_rule!(
    GTIN_COUPON,
    Error,
    "Number of a coupon",
    "Numbers that begin with 05, 98 or 99 are printed on coupons and refunds, not on products.",
    "A GTIN that was given to a product.",
    valid: &[&[("gtin", "4006381333931")]],
    invalid: &[
        &[("gtin", "0500000000005")],
        &[("gtin", "500000000005")],
        &[("gtin", "9810000000006")],
        &[("gtin", "9900000000004")],
    ],
    FIX
);
gtin_rule!(
    GTIN_VARIABLE,
    Warning,
    "GTIN of goods sold by measure",
    "A GTIN-14 that begins with 9 names goods of varying weight or length, which people cannot order one of.",
    "The GTIN of the piece that is sold.",
    valid: &[&[("gtin", "14006381333938")]],
    invalid: &[&[("gtin", "94006381333934")]],
    "Send the GTIN of the single piece."
);
gtin_rule!(
    GTIN_COUNT,
    Error,
    "Too many GTINs",
    "The record has more than 10 GTINs, or more than 50 digits in all of them together.",
    "One GTIN; up to 10 where the maker gave several.",
    valid: &[&[("gtin", "4006381333931,96385074")]],
    invalid: &[&[("gtin", "96385074,96385074,96385074,96385074,96385074,96385074,96385074")]],
    "Send the GTIN of the product that is sold, not those of its siblings."
);

gtin_rule!(
    GTIN_UPCE,
    Warning,
    "UPC in its short form",
    "The value of upc is a UPC-E, the short form that leaves zeros out to fit small packages. It was read as the UPC-A \
     of twelve digits that it stands for.",
    "The twelve digits, in gtin.",
    valid: &[&[("upc", "042100005264")], &[("upc", "96385074")]],
    invalid: &[&[("upc", "04252614")]],
    "Send the twelve digits in gtin."
);

/// The check digit that belongs after these digits.
fn check_digit(digits: &[u8]) -> u8 {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| u32::from(digit - b'0') * if place % 2 == 0 { 3 } else { 1 })
        .sum();
    b'0' + u8::try_from((10 - sum % 10) % 10).unwrap_or(0)
}

fn is_right(digits: &[u8]) -> bool {
    digits
        .split_last()
        .is_some_and(|(last, rest)| check_digit(rest) == *last)
}

/// Whether thirteen digits are right and of a prefix that products have.
fn is_sound(digits: &[u8]) -> bool {
    digits.iter().all(u8::is_ascii_digit) && is_right(digits) && matches!(digits[0], b'1' | b'3'..=b'8')
}

/// The ISBN-13 of an ISBN-10 whose own check digit is right.
fn from_isbn10(isbn: &[u8]) -> Option<[u8; 13]> {
    let (last, rest) = isbn.split_last()?;
    if isbn.len() != 10 || !rest.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = match last {
        b'0'..=b'9' => u32::from(last - b'0'),
        b'X' | b'x' => 10,
        _ => return None,
    };
    let sum: u32 = (2..=10)
        .rev()
        .zip(rest)
        .map(|(weight, digit)| weight * u32::from(digit - b'0'))
        .sum();
    if !(sum + value).is_multiple_of(11) {
        return None;
    }
    let mut out = *b"9780000000000";
    out[3..12].copy_from_slice(rest);
    out[12] = check_digit(&out[..12]);
    Some(out)
}

/// `4.00638E+12`, as spreadsheets write what they took for a number.
fn is_power(value: &str) -> bool {
    let Some((mantissa, power)) = value.split_once(['e', 'E']) else {
        return false;
    };
    let power = power.strip_prefix('+').unwrap_or(power);
    !power.is_empty()
        && power.bytes().all(|b| b.is_ascii_digit())
        && mantissa.starts_with(|c: char| c.is_ascii_digit())
        && mantissa
            .bytes()
            .all(|b| b.is_ascii_digit() || b == b'.' || b == b',')
}

/// Digits of one value; longer ones are wrong anyway.
#[derive(Clone, Copy)]
struct Digits {
    bytes: [u8; 24],
    len: usize,
}

impl Digits {
    fn of(value: &str) -> Self {
        let mut digits = Self {
            bytes: [0; 24],
            len: 0,
        };
        for byte in value
            .bytes()
            .filter(|b| !matches!(b, b' ' | b'-'))
            .take(digits.bytes.len())
        {
            digits.bytes[digits.len] = byte;
            digits.len += 1;
        }
        digits
    }

    fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_slice()).unwrap_or_default()
    }
}

fn check(look: &mut Look<'_>) {
    let Some(first) = look.value(Attribute::Gtin) else {
        return;
    };
    // Nearly every value is one GTIN-13 with nothing to say of it.
    if first.len() == 13 && is_sound(first.as_bytes()) && !look.is_repeated(Attribute::Gtin) {
        return;
    }
    // The usual case first: one value.
    if !look.is_repeated(Attribute::Gtin) && !first.contains(',') {
        if let Some(digits) = judge(look, first)
            && digits.as_slice() != first.as_bytes()
        {
            look.understand(Attribute::Gtin, format_args!("{}", digits.as_str()));
        }
        return;
    }
    let (mut count, mut length) = (0, 0);
    for (field, value) in look.values(Attribute::Gtin) {
        if is_power(value) {
            judge(look, value);
            continue;
        }
        let mut understood = String::with_capacity(value.len());
        for part in value.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            count += 1;
            length += part.bytes().filter(u8::is_ascii_digit).count();
            let digits = judge(look, part);
            understood.push_str(if understood.is_empty() { "" } else { "," });
            understood.push_str(digits.as_ref().map_or(part, Digits::as_str));
        }
        if understood != value {
            look.understand_field(field, format_args!("{understood}"));
        }
    }
    if count > 10 || length > 50 {
        look.report(
            &GTIN_COUNT,
            first,
            None,
            format_args!(
                "The record has {count} GTINs with {length} digits, beginning with {}.",
                Quoted(first)
            ),
        );
    }
}

/// The UPC-A that a UPC-E of eight digits stands for, when its check digit is right.
fn from_upce(upce: &[u8]) -> Option<[u8; 12]> {
    let [system @ (b'0' | b'1'), short @ .., check] = upce else {
        return None;
    };
    if short.len() != 6 || !upce.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut out = [b'0'; 12];
    (out[0], out[11]) = (*system, *check);
    // The last digit says where zeros were left out.
    let (head, tail) = match short[5] {
        b'0'..=b'2' => {
            out[3] = short[5];
            (2, &short[2..5])
        }
        b'3' => (3, &short[3..5]),
        b'4' => (4, &short[4..5]),
        _ => (5, &short[5..]),
    };
    out[1..=head].copy_from_slice(&short[..head]);
    out[11 - tail.len()..11].copy_from_slice(tail);
    is_right(&out).then_some(out)
}

fn check_upc(look: &mut Look<'_>) {
    let Some(value) = look.value(Attribute::Upc) else {
        return;
    };
    if let Some(upca) = from_upce(Digits::of(value).as_slice()) {
        let upca = std::str::from_utf8(&upca).unwrap_or_default();
        look.understand(Attribute::Upc, format_args!("{upca}"));
        let message = format_args!("UPC {value} is a UPC-E and was read as {upca}.");
        look.report(&GTIN_UPCE, value, Some(format_args!("{upca}")), message);
    }
}

/// Reports what is wrong with one value, and gives the number that is understood by it.
fn judge(look: &mut Look<'_>, value: &str) -> Option<Digits> {
    let gtin = Digits::of(value);
    let digits = gtin.as_slice();
    if let Some(isbn) = from_isbn10(digits) {
        let isbn = Digits::of(std::str::from_utf8(&isbn).unwrap_or_default());
        look.report(
            &GTIN_ISBN10,
            value,
            Some(format_args!("{}", isbn.as_str())),
            format_args!("GTIN {value} is an ISBN-10 and was read as {}.", isbn.as_str()),
        );
        return Some(isbn);
    }
    if !digits.iter().all(u8::is_ascii_digit) {
        if is_power(value) {
            look.report(
                &GTIN_SPREADSHEET,
                value,
                None,
                format_args!("GTIN {value} was rounded by a spreadsheet; its last digits are lost."),
            );
        } else {
            look.report(
                &GTIN_CHARS,
                value,
                None,
                format_args!("GTIN {} holds something else than digits.", Quoted(value)),
            );
        }
        return None;
    }
    if digits.iter().all(|digit| *digit == b'0') {
        let message = format_args!("GTIN {value} is all zeros and names no product.");
        look.report(&GTIN_ZERO, value, None, message);
        return None;
    }
    if !matches!(digits.len(), 8 | 12 | 13 | 14) {
        report_length(look, value, &gtin);
        return None;
    }
    let right = char::from(check_digit(&digits[..digits.len() - 1]));
    if !is_right(digits) {
        let stem = &gtin.as_str()[..digits.len() - 1];
        look.report(
            &GTIN_CHECK,
            value,
            Some(format_args!("{stem}{right}")),
            format_args!("GTIN {value} has a wrong check digit; {stem}{right} would be right."),
        );
        return None;
    }
    report_prefix(look, value, digits);
    Some(gtin)
}

fn report_length(look: &mut Look<'_>, value: &str, gtin: &Digits) {
    let length = value.bytes().filter(u8::is_ascii_digit).count();
    if matches!(length, 7 | 11) && is_right(gtin.as_slice()) {
        // A leading zero weighs nothing, so the check digit holds with it and without.
        let whole = format_args!("0{}", gtin.as_str());
        look.report(
            &GTIN_SPREADSHEET,
            value,
            Some(whole),
            format_args!(
                "GTIN {value} has {length} digits; {whole} would be right if a leading zero was lost."
            ),
        );
    } else {
        look.report(
            &GTIN_LENGTH,
            value,
            None,
            format_args!(
                "GTIN {} has {length} digits instead of 8, 12, 13 or 14.",
                Quoted(value)
            ),
        );
    }
}

fn report_prefix(look: &mut Look<'_>, value: &str, digits: &[u8]) {
    // The prefix is that of the form with 13 digits.
    let mut prefix = [b'0'; 3];
    match digits.len() {
        12 => prefix[1..].copy_from_slice(&digits[..2]),
        13 => prefix.copy_from_slice(&digits[..3]),
        14 => prefix.copy_from_slice(&digits[1..4]),
        _ => {}
    }
    let restricted = matches!(&prefix, [b'0', b'2' | b'4', _] | [b'2', _, _])
        || (digits.len() == 8 && matches!(digits[0], b'0' | b'2'));
    let coupon = matches!(&prefix, [b'0', b'5', _] | [b'9', b'8' | b'9', _]);
    if restricted {
        let message = format_args!("GTIN {value} is a number for use inside one shop only.");
        look.report(&GTIN_RESTRICTED, value, None, message);
    } else if coupon {
        let message = format_args!("GTIN {value} is the number of a coupon, not of a product.");
        look.report(&GTIN_COUPON, value, None, message);
    } else if digits.len() == 14 && digits[0] == b'9' {
        let message = format_args!("GTIN {value} names goods that are sold by measure.");
        look.report(&GTIN_VARIABLE, value, None, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contract::checks::testing::{check, codes, understood};
    use proptest::prelude::*;

    #[test]
    fn the_vectors_of_the_rule_book_pass() {
        for gtin in [
            "96385074",
            "036000291452",
            "4006381333931",
            "8806088269696",
            "9780306406157",
            "14006381333938",
        ] {
            assert_eq!(codes(&[("gtin", gtin)]), Vec::<&str>::new(), "{gtin}");
        }
    }

    #[test]
    fn a_wrong_check_digit_comes_with_the_right_one() {
        let violation = check(&[("gtin", "4006381333932")])
            .violations()
            .next()
            .expect("one");
        assert_eq!(violation.suggestion.as_deref(), Some("4006381333931"));
        assert_eq!(
            violation.message,
            "GTIN 4006381333932 has a wrong check digit; 4006381333931 would be right."
        );
    }

    #[test]
    fn junk_that_partners_type_is_flagged_and_an_empty_value_is_not() {
        for junk in [
            "free upc code",
            "nhgfh66",
            "123",
            "1111111",
            "FALSE",
            "35.6500.0000",
            "N/A",
            "x",
            "-",
        ] {
            let codes = codes(&[("gtin", junk)]);
            assert!(
                codes.len() == 1 && codes[0].starts_with("GTIN_"),
                "{junk}: {codes:?}"
            );
        }
        // What is missing is another rule's business.
        assert_eq!(codes(&[("gtin", " ")]), ["MPN_MISSING"]);
    }

    #[test]
    fn what_is_understood_has_digits_only() {
        assert_eq!(
            understood(&[("gtin", "4 006381-333931")], "gtin").as_deref(),
            Some("4006381333931")
        );
        assert_eq!(
            understood(&[("gtin", "0306406152")], "gtin").as_deref(),
            Some("9780306406157")
        );
        let many = understood(&[("gtin", "4006381-333931, 96385074")], "gtin");
        assert_eq!(many.as_deref(), Some("4006381333931,96385074"));
    }

    #[test]
    fn the_short_form_of_a_upc_is_read_by_its_last_digit() {
        for (short, long) in [
            ("01234505", "012000003455"),
            ("01234514", "012100003454"),
            ("01234531", "012300000451"),
            ("01234543", "012340000053"),
            ("01234558", "012345000058"),
            ("04252614", "042100005264"),
        ] {
            let read = from_upce(short.as_bytes());
            assert_eq!(read.as_ref().map(|d| &d[..]), Some(long.as_bytes()), "{short}");
        }
        for other in ["01234506", "21234505", "0123450", "012345055", "0123450x"] {
            assert_eq!(from_upce(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn every_single_digit_change_is_caught() {
        let mut caught = 0;
        for place in 0..13 {
            for digit in b'0'..=b'9' {
                let mut changed = *b"4006381333931";
                if std::mem::replace(&mut changed[place], digit) != digit {
                    assert!(!is_right(&changed), "{changed:?}");
                    caught += 1;
                }
            }
        }
        assert_eq!(caught, 117);
    }

    #[test]
    fn neighbours_that_differ_by_five_may_swap_unseen() {
        assert!(is_right(b"4006831333931"));
    }

    proptest! {
        #[test]
        fn one_changed_digit_is_never_right(stem in "[0-9]{12}", place in 0usize..13, by in 1u8..10) {
            let mut digits = stem.into_bytes();
            digits.push(check_digit(&digits));
            prop_assert!(is_right(&digits));
            digits[place] = b'0' + (digits[place] - b'0' + by) % 10;
            prop_assert!(!is_right(&digits));
        }

        #[test]
        fn whatever_stands_in_the_field_is_judged_without_a_panic(value in "\\PC{0,40}") {
            check(&[("gtin", &value)]);
        }
    }
}
