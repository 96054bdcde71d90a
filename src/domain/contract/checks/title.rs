//! Asks for a title that names the product, and nothing but the product.

use crate::domain::contract::look::{Look, Quoted, cut};
use crate::domain::contract::text::{Letters, Phrases, is_longer};
use crate::domain::contract::{Actor, Check, Rule, Threshold};
use crate::domain::record::Attribute;
use crate::domain::violation::Severity;

/// The rules of `title`.
pub static TITLE: Check = Check {
    name: "title",
    attributes: &[],
    rules: &[
        &TITLE_MISSING,
        &TITLE_LENGTH,
        &TITLE_CAPS,
        &TITLE_PROMO,
        &TITLE_HTML,
    ],
    run: check,
};

/// A record without a title.
pub static TITLE_MISSING: Rule = Rule {
    code: "TITLE_MISSING",
    severity: Severity::Error,
    attribute: Some("title"),
    actor: Actor::Partner,
    threshold: None,
    title: "No title",
    meaning: "The record has neither title nor structured_title, so there is nothing to show people.",
    expected: "A title of 1 to 150 characters.",
    valid: &[
        &[("title", "Enamel mug")],
        &[("title", ""), ("structured_title", "Enamel mug")],
    ],
    invalid: &[&[("title", "")], &[("title", " ")]],
    fix: "Send the product's name, with what tells it from its siblings: colour, size, quantity.",
};

/// A title that is too long.
pub static TITLE_LENGTH: Rule = Rule {
    code: "TITLE_LENGTH",
    severity: Severity::Warning,
    attribute: Some("title"),
    actor: Actor::Partner,
    threshold: Some(Threshold {
        name: "longest title",
        unit: "characters",
        default: 150,
        least: 1,
        most: 5_000,
    }),
    title: "Title too long",
    meaning: "The title has more than 150 characters. It is cut to 150, in the middle of a word if need be.",
    expected: "At most 150 characters, the most telling first.",
    valid: &[&[("title", "Enamel mug, blue, 350 ml")]],
    invalid: &[&[(
        "title",
        "Enamel mug for camp fires and kitchens, blue with a white rim, 350 ml, with a handle that stays cool, \
         dishwasher safe, a gift for everyone who likes to cook out of doors",
    )]],
    fix: "Move details to the description.",
};

/// A title in capitals.
pub static TITLE_CAPS: Rule = Rule {
    code: "TITLE_CAPS",
    severity: Severity::Warning,
    attribute: Some("title"),
    actor: Actor::Partner,
    threshold: Some(Threshold {
        name: "share of capitals",
        unit: "%",
        default: 70,
        least: 1,
        most: 100,
    }),
    title: "Title in capitals",
    meaning: "More than 70 % of the title's letters are capitals (titles with fewer than 10 letters do not \
              count). It reads as shouting, and receivers reject it as such.",
    expected: "Capitals where the language wants them.",
    valid: &[&[("title", "USB-C cable, 2 m")], &[("title", "BMW M3 E46")]],
    invalid: &[&[("title", "BLUE ENAMEL MUG 350 ML")]],
    fix: "Write the title as in a sentence.",
};

/// A title that advertises.
pub static TITLE_PROMO: Rule = Rule {
    code: "TITLE_PROMO",
    severity: Severity::Warning,
    attribute: Some("title"),
    actor: Actor::Partner,
    threshold: None,
    title: "Promotion in title",
    meaning: "The title praises price, delivery or a sale. A title names the product; offers have attributes \
              of their own, such as sale_price and shipping.",
    expected: "The product's name without any promotion.",
    valid: &[&[("title", "Wholesale ledger, A4")]],
    invalid: &[
        &[("title", "Enamel mug - free shipping")],
        &[("title", "Enamel mug 20% off")],
    ],
    fix: "Take the promotion out of the title.",
};

/// A title with markup.
pub static TITLE_HTML: Rule = Rule {
    code: "TITLE_HTML",
    severity: Severity::Warning,
    attribute: Some("title"),
    actor: Actor::Partner,
    threshold: None,
    title: "Markup in title",
    meaning: "The title holds HTML tags or entities, which are shown to people as they are.",
    expected: "Plain text.",
    valid: &[&[("title", "Mug & saucer, < 400 ml")]],
    invalid: &[
        &[("title", "<b>Enamel mug</b>")],
        &[("title", "Mug &amp; saucer")],
    ],
    fix: "Write the characters themselves; the file's own escaping is undone before.",
};

static PROMOTIONS: Phrases = Phrases::new(&[
    "free shipping",
    "free delivery",
    "on sale",
    "best price",
    "lowest price",
    "best deal",
    "buy now",
    "buy one get",
    "buy 1 get",
    "order now",
    "order today",
    "shop now",
    "click here",
    "limited time",
    "special offer",
    "clearance sale",
    "money back",
    "% off",
    "% discount",
    "gratis versand",
    "kostenloser versand",
    "versandkostenfrei",
    "livraison gratuite",
    "envío gratis",
    "!!!",
]);

fn check(look: &mut Look<'_>) {
    let Some(title) = look.value(Attribute::Title) else {
        if !look.has(Attribute::StructuredTitle) {
            look.report(&TITLE_MISSING, "", None, format_args!("The record has no title."));
        }
        return;
    };
    let limit = look.threshold(&TITLE_LENGTH);
    if is_longer(title, limit) {
        let count = title.chars().count();
        look.understand(Attribute::Title, format_args!("{}", cut(title, limit).trim_end()));
        look.report(
            &TITLE_LENGTH,
            title,
            None,
            format_args!(
                "Title {} has {count} characters and is cut to {limit}.",
                Quoted(title)
            ),
        );
    }
    if let Some(Letters { upper, letters }) = Letters::mostly_capitals(title, look.threshold(&TITLE_CAPS)) {
        look.report(
            &TITLE_CAPS,
            title,
            None,
            format_args!(
                "Title {} is written in capitals ({upper} of {letters} letters).",
                Quoted(title)
            ),
        );
    }
    if let Some(phrase) = PROMOTIONS.find(title) {
        look.report(
            &TITLE_PROMO,
            title,
            None,
            format_args!("Title {} advertises with {}.", Quoted(title), Quoted(phrase)),
        );
    }
    if let Some(markup) = markup(title) {
        look.report(
            &TITLE_HTML,
            title,
            None,
            format_args!("Title {} holds the markup {}.", Quoted(title), Quoted(markup)),
        );
    }
}

/// The first tag or entity in a text that should be plain.
fn markup(text: &str) -> Option<&str> {
    let mut from = 0;
    while let Some(at) = memchr::memchr2(b'<', b'&', &text.as_bytes()[from..]) {
        let rest = &text[from + at..];
        let (close, inner): (char, fn(&u8) -> bool) = if rest.starts_with('<') {
            ('>', |b| b.is_ascii_alphanumeric() || b" /=\"'#:;.-_".contains(b))
        } else {
            (';', |b| b.is_ascii_alphanumeric() || *b == b'#')
        };
        let length = rest[1..].bytes().take_while(inner).count();
        let begins = rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '#');
        if close == ';' {
            if begins && (2..=10).contains(&length) && rest[1 + length..].starts_with(';') {
                return Some(&rest[..length + 2]);
            }
        } else if begins && rest[1 + length..].starts_with('>') {
            return Some(&rest[..length + 2]);
        }
        from += at + 1;
    }
    None
}
