//! Asks for addresses that lead somewhere: the product's page and its picture.

use super::long;
use crate::domain::contract::look::{Look, Quoted};
use crate::domain::contract::text::Phrases;
use crate::domain::contract::{Actor, Check, Rule};
use crate::domain::record::Attribute;
use crate::domain::violation::Severity;
use std::fmt;

/// The rules of `link`.
pub static LINK: Check = Check {
    name: "link",
    attributes: &[],
    rules: &[&LINK_MISSING, &LINK_URL, &LINK_LENGTH, &LINK_DOMAIN],
    run: check_link,
};

/// The rules of `image_link` that need no look at the picture itself.
pub static IMAGE_LINK: Check = Check {
    name: "image_link",
    attributes: &[],
    rules: &[&IMG_MISSING, &IMG_URL, &IMG_TYPE, &IMG_PLACEHOLDER],
    run: check_image,
};

pub(super) const LIMIT: usize = 2000;

/// A record without a link.
pub static LINK_MISSING: Rule = Rule {
    code: "LINK_MISSING",
    severity: Severity::Error,
    attribute: Some("link"),
    actor: Actor::Partner,
    threshold: None,
    title: "No link",
    meaning: "The record has no address of the product's page.",
    expected: "The absolute http or https address of the product's page.",
    valid: &[&[("link", "https://shop.example/mugs/1001")]],
    invalid: &[&[("link", "")]],
    fix: "Send the address of the page where this product can be bought.",
};

/// A link that is no address.
pub static LINK_URL: Rule = Rule {
    code: "LINK_URL",
    severity: Severity::Error,
    attribute: Some("link"),
    actor: Actor::Partner,
    threshold: None,
    title: "Link is no web address",
    meaning: "The link is not an absolute http or https address as RFC 3986 has it: a scheme, a host, and ASCII \
              characters only, everything else percent-encoded.",
    expected: "An address such as https://shop.example/mugs/1001?size=m.",
    valid: &[
        &[("link", "http://shop.example:8080/m%C3%BCg?a=1&b[]=2#top")],
        &[("link", "HTTPS://shop.example")],
    ],
    invalid: &[
        &[("link", "shop.example/mugs/1001")],
        &[("link", "/mugs/1001")],
        &[("link", "ftp://shop.example/mugs")],
        &[("link", "https://shop.example/blue mug")],
        &[("link", "https://shop.example/müg")],
        &[("link", "https://shop.example/100%")],
        &[("link", "https://")],
        &[("link", "https://shop_example!/x")],
    ],
    fix: "Send the whole address, with spaces and letters outside ASCII percent-encoded.",
};

/// A link that is too long.
pub static LINK_LENGTH: Rule = Rule {
    code: "LINK_LENGTH",
    severity: Severity::Error,
    attribute: Some("link"),
    actor: Actor::Partner,
    threshold: None,
    title: "Link too long",
    meaning: "The address has more than 2000 characters, which browsers and receivers cut.",
    expected: "At most 2000 characters.",
    valid: &[&[("link", "https://shop.example/mugs/1001")]],
    invalid: &[&[("link", long!(2001, "https://shop.example/mugs?tracking="))]],
    fix: "Leave tracking parameters out of the feed.",
};

/// A link to another shop.
pub static LINK_DOMAIN: Rule = Rule {
    code: "LINK_DOMAIN",
    severity: Severity::Error,
    attribute: Some("link"),
    actor: Actor::Partner,
    threshold: None,
    title: "Link leads elsewhere",
    meaning: "The host is none of the partner's registered domains: a staging host, a redirector, or somebody \
              else's shop.",
    expected: "A host that is one of the partner's domains, or below one.",
    valid: &[
        &[("link", "https://shop.example/1")],
        &[("link", "https://www.shop.example/1")],
    ],
    invalid: &[
        &[("link", "https://staging.example/1")],
        &[("link", "https://notshop.example/1")],
    ],
    fix: "Send addresses of the live shop, or have the new domain added to the feed's contract.",
};

/// A record without a picture.
pub static IMG_MISSING: Rule = Rule {
    code: "IMG_MISSING",
    severity: Severity::Error,
    attribute: Some("image_link"),
    actor: Actor::Partner,
    threshold: None,
    title: "No picture",
    meaning: "The record has no address of a picture.",
    expected: "The absolute http or https address of the product's picture.",
    valid: &[&[("image_link", "https://shop.example/images/1001.jpg")]],
    invalid: &[&[("image_link", "")]],
    fix: "Send the address of the product's main picture.",
};

/// A picture's address that is none.
pub static IMG_URL: Rule = Rule {
    code: "IMG_URL",
    severity: Severity::Error,
    attribute: Some("image_link"),
    actor: Actor::Partner,
    threshold: None,
    title: "Picture's address is no web address",
    meaning: "The value is not one absolute http or https address of at most 2000 ASCII characters as RFC 3986 \
              has it. Several addresses in one field belong into additional_image_link.",
    expected: "An address such as https://shop.example/images/1001.jpg.",
    valid: &[&[("image_link", "https://img.example/p/1001?w=800")]],
    invalid: &[
        &[("image_link", "images/1001.jpg")],
        &[("image_link", "https://img.example/blue mug.jpg")],
        &[("image_link", "//img.example/1001.jpg")],
    ],
    fix: "Send one whole address, with spaces and letters outside ASCII percent-encoded.",
};

/// A picture of a kind that receivers do not take.
pub static IMG_TYPE: Rule = Rule {
    code: "IMG_TYPE",
    severity: Severity::Error,
    attribute: Some("image_link"),
    actor: Actor::Partner,
    threshold: None,
    title: "Picture in an unusable format",
    meaning: "The address ends like a file that is no picture, or a picture that receivers do not take.",
    expected: "JPEG, PNG, WebP, GIF, BMP or TIFF.",
    valid: &[
        &[("image_link", "https://shop.example/1001.webp")],
        &[("image_link", "https://shop.example/i/1001")],
    ],
    invalid: &[
        &[("image_link", "https://shop.example/1001.svg")],
        &[("image_link", "https://shop.example/1001.PDF?v=2")],
    ],
    fix: "Export the picture as JPEG or PNG.",
};

/// A picture that stands in for a picture.
pub static IMG_PLACEHOLDER: Rule = Rule {
    code: "IMG_PLACEHOLDER",
    severity: Severity::Warning,
    attribute: Some("image_link"),
    actor: Actor::Partner,
    threshold: None,
    title: "Placeholder instead of a picture",
    meaning: "The address reads like that of a placeholder that shops show while a picture is missing.",
    expected: "A picture of the product.",
    valid: &[&[("image_link", "https://shop.example/images/noimagine.jpg")]],
    invalid: &[
        &[("image_link", "https://shop.example/images/no-image.png")],
        &[("image_link", "https://shop.example/placeholder.jpg")],
    ],
    fix: "Send the product's own picture, or leave the record out until there is one.",
};

/// What keeps a value from being an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoUrl {
    Scheme,
    Host,
    Character(char),
    Percent,
}

impl fmt::Display for NoUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme => f.write_str("does not begin with http:// or https://"),
            Self::Host => f.write_str("has no proper host"),
            Self::Character(' ') => f.write_str("holds a space, which must be written %20"),
            Self::Character(c) if c.is_control() => {
                write!(f, "holds the control character U+{:04X}", u32::from(*c))
            }
            Self::Character(c) => write!(f, "holds the character {c}, which must be percent-encoded"),
            Self::Percent => f.write_str("holds a % that is not followed by two hexadecimal digits"),
        }
    }
}

/// What RFC 3986 thinks of a byte.
mod class {
    /// Stands nowhere in an address.
    pub(super) const FORBIDDEN: u8 = 1;
    /// Begins a percent-encoded byte.
    pub(super) const PERCENT: u8 = 2;
    /// Ends the part that names the host.
    pub(super) const END: u8 = 4;
    /// Stands in the names of hosts: letters, digits, hyphens and, in those of real shops,
    /// underscores.
    pub(super) const LABEL: u8 = 8;
}

const CLASSES: [u8; 256] = {
    let mut table = [class::FORBIDDEN; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte as usize] = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => class::LABEL,
            b'/' | b'?' | b'#' => class::END,
            b'%' => class::PERCENT,
            b'.' | b'~' | b':' | b'[' | b']' | b'@' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*'
            | b'+' | b',' | b';' | b'=' => 0,
            _ => class::FORBIDDEN,
        };
        byte += 1;
    }
    table
};

fn class(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}

/// Splits an address into its host and what follows, when it is one.
pub(super) fn parse(url: &str) -> Result<(&str, &str), NoUrl> {
    let bytes = url.as_bytes();
    let scheme = if bytes
        .get(..8)
        .is_some_and(|b| b.eq_ignore_ascii_case(b"https://"))
    {
        8
    } else if bytes.get(..7).is_some_and(|b| b.eq_ignore_ascii_case(b"http://")) {
        7
    } else {
        return Err(NoUrl::Scheme);
    };
    let rest = &bytes[scheme..];
    let seen = rest.iter().fold(0, |seen, byte| seen | class(*byte));
    if seen & class::FORBIDDEN != 0 {
        let c = url
            .chars()
            .find(|c| !c.is_ascii() || class(*c as u8) == class::FORBIDDEN)
            .unwrap_or(' ');
        return Err(NoUrl::Character(c));
    }
    if seen & class::PERCENT != 0 && !is_encoded(rest) {
        return Err(NoUrl::Percent);
    }
    // The host as most addresses have it: labels, and points between them.
    let (mut end, mut before) = (0, b'.');
    while let Some(byte) = rest.get(end) {
        if class(*byte) & class::LABEL == 0 && (*byte != b'.' || before == b'.') {
            break;
        }
        before = *byte;
        end += 1;
    }
    if end > 0 && rest.get(end).is_none_or(|byte| class(*byte) & class::END != 0) {
        return Ok((&url[scheme..scheme + end], &url[scheme + end..]));
    }
    let end = rest
        .iter()
        .position(|b| class(*b) & class::END != 0)
        .unwrap_or(rest.len());
    let (authority, path) = url[scheme..].split_at(end);
    let host = host_of(authority);
    if is_name(host) || is_v6(host) {
        Ok((host, path))
    } else {
        Err(NoUrl::Host)
    }
}

/// Whether each percent sign has its two digits.
fn is_encoded(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'%', bytes).all(|at| {
        bytes
            .get(at + 1..at + 3)
            .is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    })
}

/// The host of an authority that names a user or a port too.
fn host_of(authority: &str) -> &str {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Labels with points between them, and perhaps one at the end.
fn is_name(host: &str) -> bool {
    let mut before = b'.';
    for byte in host.bytes() {
        let fits = match byte {
            b'.' => before != b'.',
            _ => class(byte) & class::LABEL != 0,
        };
        if !fits {
            return false;
        }
        before = byte;
    }
    !host.is_empty()
}

fn is_v6(host: &str) -> bool {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .is_some_and(|host| host.parse::<std::net::Ipv6Addr>().is_ok())
}

/// The address with everything percent-encoded that must be, when that makes it one.
pub(super) fn encoded(url: &str) -> Option<String> {
    let mut out = String::with_capacity(url.len() + 16);
    for c in url.chars() {
        if c.is_ascii() && class(c as u8) != class::FORBIDDEN {
            out.push(c);
        } else if c.is_control() {
            return None;
        } else {
            let mut buffer = [0; 4];
            for byte in c.encode_utf8(&mut buffer).bytes() {
                out.push('%');
                out.push(char::from(b"0123456789ABCDEF"[usize::from(byte >> 4)]));
                out.push(char::from(b"0123456789ABCDEF"[usize::from(byte & 15)]));
            }
        }
    }
    parse(&out).is_ok().then_some(out)
}

pub(super) fn report_url(look: &mut Look<'_>, rule: &'static Rule, what: &str, value: &str, fault: NoUrl) {
    let better = matches!(fault, NoUrl::Character(_))
        .then(|| encoded(value))
        .flatten();
    let message = format_args!("{what} {} {fault}.", Quoted(value));
    match better {
        Some(better) => look.report(rule, value, Some(format_args!("{better}")), message),
        None => look.report(rule, value, None, message),
    }
}

/// Whether a host is a domain or lies below it.
fn is_below(host: &str, domain: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    host.len() >= domain.len()
        && host.as_bytes()[host.len() - domain.len()..].eq_ignore_ascii_case(domain.as_bytes())
        && (host.len() == domain.len() || host.as_bytes()[host.len() - domain.len() - 1] == b'.')
}

fn check_link(look: &mut Look<'_>) {
    let Some(url) = look.value(Attribute::Link) else {
        look.report(&LINK_MISSING, "", None, format_args!("The record has no link."));
        return;
    };
    match parse(url) {
        Err(fault) => report_url(look, &LINK_URL, "Link", url, fault),
        Ok((host, _)) => {
            let domains = &look.contract().domains;
            if !domains.is_empty() && !domains.iter().any(|domain| is_below(host, domain)) {
                look.report(
                    &LINK_DOMAIN,
                    url,
                    None,
                    format_args!(
                        "Link {} leads to {host}, which is none of the partner's domains.",
                        Quoted(url)
                    ),
                );
            }
        }
    }
    if url.len() > LIMIT {
        let length = url.chars().count();
        look.report(
            &LINK_LENGTH,
            url,
            None,
            format_args!(
                "Link {} has {length} characters; at most {LIMIT} are allowed.",
                Quoted(url)
            ),
        );
    }
}

/// Endings of nearly all pictures.
const PICTURES: [&str; 5] = [".jpg", ".jpeg", ".png", ".webp", ".gif"];

/// Endings of files that are no picture a receiver takes.
const NO_PICTURES: [&str; 14] = [
    "svg", "svgz", "avif", "heic", "heif", "pdf", "psd", "eps", "ai", "ico", "mp4", "webm", "mov", "zip",
];

static PLACEHOLDERS: Phrases = Phrases::new(&[
    "placeholder",
    "no-image",
    "no_image",
    "noimage",
    "no-photo",
    "no_photo",
    "no-picture",
    "nopic",
    "image-not-available",
    "image_not_available",
    "not-available",
    "coming-soon",
    "coming_soon",
    "comingsoon",
    "image-missing",
    "missing-image",
]);

/// What stands behind the last point, when it is as short as the ending of a file.
fn ending(path: &str) -> Option<&str> {
    let bytes = path.as_bytes();
    let point = (1..=4usize).find(|back| bytes.len() > *back && bytes[bytes.len() - 1 - back] == b'.')?;
    path.get(path.len() - point..)
}

fn check_image(look: &mut Look<'_>) {
    let Some(url) = look.value(Attribute::ImageLink) else {
        look.report(
            &IMG_MISSING,
            "",
            None,
            format_args!("The record has no image_link."),
        );
        return;
    };
    if url.len() > LIMIT {
        let length = url.chars().count();
        look.report(
            &IMG_URL,
            url,
            None,
            format_args!(
                "Image link {} has {length} characters; at most {LIMIT} are allowed.",
                Quoted(url)
            ),
        );
        return;
    }
    let path = match parse(url) {
        Err(fault) => return report_url(look, &IMG_URL, "Image link", url, fault),
        Ok((_, path)) => path,
    };
    let path = &path[..path
        .bytes()
        .position(|b| matches!(b, b'?' | b'#'))
        .unwrap_or(path.len())];
    let is_usual = PICTURES.iter().any(|ending| path.ends_with(ending));
    if !is_usual
        && let Some(ending) = ending(path)
        && NO_PICTURES.iter().any(|kind| ending.eq_ignore_ascii_case(kind))
    {
        look.report(
            &IMG_TYPE,
            url,
            None,
            format_args!(
                "Image link {} is a .{ending} file; send JPEG, PNG, WebP or GIF.",
                Quoted(url)
            ),
        );
    }
    if let Some(phrase) = PLACEHOLDERS.find(path) {
        look.report(
            &IMG_PLACEHOLDER,
            url,
            None,
            format_args!("Image link {} reads like a placeholder ({phrase}).", Quoted(url)),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contract::checks::testing::{check, codes};

    #[test]
    fn addresses_are_told_from_what_only_looks_like_one() {
        for (url, expected) in [
            ("https://shop.example", Ok(("shop.example", ""))),
            ("https://user@shop.example:443/a", Ok(("shop.example", "/a"))),
            ("http://[2001:db8::1]:80/", Ok(("[2001:db8::1]", "/"))),
            ("https://shop.example.", Ok(("shop.example.", ""))),
            ("https://", Err(NoUrl::Host)),
            ("https://.", Err(NoUrl::Host)),
            ("https://a..b/", Err(NoUrl::Host)),
            ("https:///path", Err(NoUrl::Host)),
            ("https://[zz]/", Err(NoUrl::Host)),
            ("www.shop.example", Err(NoUrl::Scheme)),
            ("javascript:alert(1)", Err(NoUrl::Scheme)),
            ("https://shop.example/a|b", Err(NoUrl::Character('|'))),
            ("https://shop.example/%zz", Err(NoUrl::Percent)),
            ("https://shop.example/%2", Err(NoUrl::Percent)),
        ] {
            assert_eq!(parse(url), expected, "{url}");
        }
    }

    #[test]
    fn a_suggestion_is_given_where_encoding_mends_the_address() {
        let suggestion = |url| {
            check(&[("link", url)])
                .violations()
                .next()
                .and_then(|v| v.suggestion)
        };
        assert_eq!(
            suggestion("https://shop.example/blue mügs").as_deref(),
            Some("https://shop.example/blue%20m%C3%BCgs")
        );
        assert_eq!(suggestion("https://bücher.example/"), None);
        assert_eq!(suggestion("shop.example"), None);
    }

    #[test]
    fn two_thousand_characters_pass_and_one_more_does_not() {
        let fits = format!("https://shop.example/{}", "x".repeat(LIMIT - 21));
        assert_eq!(
            codes(&[("link", &fits), ("image_link", &fits)]),
            Vec::<&str>::new()
        );
        let longer = format!("{fits}x");
        assert_eq!(
            codes(&[("link", &longer), ("image_link", &longer)]),
            ["LINK_LENGTH", "IMG_URL"]
        );
    }
}
