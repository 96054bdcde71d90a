//! Asks whether the other addresses of a record are addresses: further pictures, the page for
//! telephones, the redirect of advertisements, films and documents.

use super::link::{self, parse};
use super::rule;
use crate::domain::contract::look::{Look, Quoted};
use crate::domain::contract::{Check, Rule, Threshold};
use crate::domain::record::Attribute;

/// The rules of `additional_image_link`.
pub static MORE_IMAGES: Check = Check {
    name: "additional_image_link",
    attributes: &[Attribute::AdditionalImageLink],
    rules: &[&ADDIMG_URL, &ADDIMG_COUNT],
    run: check_images,
};

/// The rules of `mobile_link`, `ads_redirect`, `video_link` and `document_link`.
pub static ADDRESSES: Check = Check {
    name: "other links",
    attributes: &[
        Attribute::MobileLink,
        Attribute::AdsRedirect,
        Attribute::VideoLink,
        Attribute::DocumentLink,
    ],
    rules: &[
        &URL_MOBILE,
        &URL_REDIRECT,
        &URL_REDIRECT_DOMAIN,
        &URL_VIDEO,
        &URL_DOCUMENT,
    ],
    run: check_addresses,
};

rule!(
    ADDIMG_URL: Warning on "additional_image_link",
    "Further picture without a proper address",
    "The address of a further picture is no absolute http or https address, or is longer than 2000 characters.",
    "Absolute addresses as RFC 3986 has them.",
    valid: &[
        &[("additional_image_link", "https://shop.example/1.jpg,https://shop.example/2.jpg")],
        &[("additional_image_link", "https://shop.example/a,b.jpg")],
    ],
    invalid: &[
        &[("additional_image_link", "images/2.jpg")],
        &[("additional_image_link", "https://shop.example/1.jpg,https://shop.example/blue mug.jpg")],
    ],
    "Send whole addresses, with spaces and letters outside ASCII percent-encoded."
);
rule!(
    ADDIMG_COUNT: Warning on "additional_image_link",
    "Too many further pictures",
    "Receivers take ten further pictures and drop the rest.",
    "At most 10 further pictures.",
    valid: &[&[("additional_image_link", "https://shop.example/1.jpg")]],
    invalid: &[&[(
        "additional_image_link",
        "https://a.example/1,https://a.example/2,https://a.example/3,https://a.example/4,https://a.example/5,\
         https://a.example/6,https://a.example/7,https://a.example/8,https://a.example/9,https://a.example/10,\
         https://a.example/11",
    )]],
    "Send the ten that show most.",
    threshold: Threshold { name: "most further pictures", unit: "pictures", default: 10, least: 1, most: 1_000 }
);
rule!(
    URL_MOBILE: Warning on "mobile_link",
    "Link for telephones is no address",
    "The value is no absolute http or https address, or is longer than 2000 characters.",
    "An absolute address as RFC 3986 has it.",
    valid: &[&[("mobile_link", "https://m.shop.example/mugs/1001")]],
    invalid: &[&[("mobile_link", "m.shop.example/mugs/1001")]],
    "Send one whole address, or leave the field out."
);
rule!(
    URL_REDIRECT: Warning on "ads_redirect",
    "Redirect is no address",
    "The value is no absolute http or https address, or is longer than 2000 characters.",
    "An absolute address as RFC 3986 has it.",
    valid: &[&[("ads_redirect", "https://shop.example/go?id=1001")]],
    invalid: &[&[("ads_redirect", "shop.example/go?id=1001")]],
    "Send one whole address, or leave the field out."
);
rule!(
    URL_REDIRECT_DOMAIN: Warning on "ads_redirect",
    "Redirect to another domain",
    "The redirect of advertisements is on another registered domain than the link, and receivers refuse it.",
    "ads_redirect on the domain of link.",
    valid: &[&[("ads_redirect", "https://go.shop.example/1001")]],
    invalid: &[&[("ads_redirect", "https://tracker.example/1001")]],
    "Let the redirect begin on the shop's own domain."
);
rule!(
    URL_VIDEO: Info on "video_link",
    "Film without a proper address",
    "The value is no absolute http or https address, or is longer than 2000 characters.",
    "An absolute address as RFC 3986 has it.",
    valid: &[&[("video_link", "https://shop.example/films/1001")]],
    invalid: &[&[("video_link", "film.mp4")]],
    "Send one whole address, or leave the field out."
);
rule!(
    URL_DOCUMENT: Info on "document_link",
    "Document without a proper address",
    "The value is no absolute http or https address, or is longer than 2000 characters.",
    "An absolute address as RFC 3986 has it.",
    valid: &[&[("document_link", "https://shop.example/manual.pdf")]],
    invalid: &[&[("document_link", "manual.pdf")]],
    "Send one whole address, or leave the field out."
);

/// The addresses in one cell: a comma ends one only where the next begins, for a comma may
/// stand inside an address.
fn split(cell: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(cell);
    std::iter::from_fn(move || {
        let text = rest?;
        let ends = memchr::memchr_iter(b',', text.as_bytes()).find(|at| {
            let next = text[at + 1..].trim_start();
            next.get(..4)
                .is_some_and(|begin| begin.eq_ignore_ascii_case("http"))
                || next.is_empty()
        });
        let (one, next) = ends.map_or((text, None), |at| (&text[..at], Some(&text[at + 1..])));
        rest = next.filter(|next| !next.trim().is_empty());
        Some(one.trim())
    })
}

fn check_images(look: &mut Look<'_>) {
    let (mut count, mut is_told) = (0, false);
    for (_, cell) in look.values(Attribute::AdditionalImageLink) {
        for url in split(cell) {
            count += 1;
            if !is_told {
                is_told = judge(look, &ADDIMG_URL, "Further picture", url);
            }
        }
    }
    let limit = look.threshold(&ADDIMG_COUNT);
    if count > limit {
        let first = look.value(Attribute::AdditionalImageLink).unwrap_or_default();
        let message = format_args!(
            "The record has {count} further pictures, beginning with {}; {limit} are taken.",
            Quoted(first)
        );
        look.report(&ADDIMG_COUNT, first, None, message);
    }
}

/// Reports a value that is no address; true when it is none.
fn judge(look: &mut Look<'_>, rule: &'static Rule, what: &str, url: &str) -> bool {
    if url.len() > link::LIMIT {
        let message = format_args!(
            "{what} {} has {} characters; at most {} are allowed.",
            Quoted(url),
            url.chars().count(),
            link::LIMIT
        );
        look.report(rule, url, None, message);
        return true;
    }
    match parse(url) {
        Ok(_) => false,
        Err(fault) => {
            link::report_url(look, rule, what, url, fault);
            true
        }
    }
}

fn check_addresses(look: &mut Look<'_>) {
    if let Some(url) = look.value(Attribute::MobileLink) {
        judge(look, &URL_MOBILE, "Link for telephones", url);
    }
    if let Some(url) = look.value(Attribute::AdsRedirect)
        && !judge(look, &URL_REDIRECT, "Redirect", url)
        && let (Ok((host, _)), Some(Ok((own, _)))) = (parse(url), look.value(Attribute::Link).map(parse))
        && !registered(host).eq_ignore_ascii_case(registered(own))
    {
        let message = format_args!(
            "Redirect {} leads to {host}, but the link leads to {own}.",
            Quoted(url)
        );
        look.report(&URL_REDIRECT_DOMAIN, url, None, message);
    }
    for (_, url) in look.values(Attribute::VideoLink) {
        judge(look, &URL_VIDEO, "Film", url);
    }
    for (_, url) in look.values(Attribute::DocumentLink) {
        judge(look, &URL_DOCUMENT, "Document", url);
    }
}

/// The part of a host that was registered: its last two labels, or three where the last two
/// are like `co.uk`. Near enough to tell a stranger, without the list of all suffixes.
fn registered(host: &str) -> &str {
    let host = host.strip_suffix('.').unwrap_or(host);
    let mut points = host.rmatch_indices('.').map(|(at, _)| at);
    let (Some(last), Some(second)) = (points.next(), points.next()) else {
        return host;
    };
    let is_suffix = host.len() - last == 3 && last - second <= 4;
    let begin = if is_suffix {
        points.next().map_or(0, |at| at + 1)
    } else {
        second + 1
    };
    &host[begin..]
}

#[cfg(test)]
mod tests {
    use super::{registered, split};
    use crate::domain::contract::checks::testing::codes;

    #[test]
    fn a_comma_divides_addresses_only_where_another_begins() {
        let parts: Vec<_> = split("https://a/1,2.jpg, HTTPS://b/3.jpg,images/4.jpg,").collect();
        assert_eq!(parts, ["https://a/1,2.jpg", "HTTPS://b/3.jpg,images/4.jpg"]);
    }

    #[test]
    fn hosts_of_one_owner_are_told_by_their_registered_part() {
        for (host, part) in [
            ("www.shop.example", "shop.example"),
            ("shop.example", "shop.example"),
            ("go.shop.co.uk", "shop.co.uk"),
            ("shop.co.uk", "shop.co.uk"),
            ("a.b.shop.com.au.", "shop.com.au"),
            ("www.idealo.de", "idealo.de"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(registered(host), part, "{host}");
        }
    }

    #[test]
    fn ten_further_pictures_pass_and_eleven_do_not() {
        let links = |n: usize| vec!["https://shop.example/1.jpg"; n].join(",");
        assert!(codes(&[("additional_image_link", &links(10))]).is_empty());
        assert_eq!(codes(&[("additional_image_link", &links(11))]), ["ADDIMG_COUNT"]);
    }
}
