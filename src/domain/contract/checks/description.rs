//! Asks for a description, with the simplest markup at most.

use super::long;
use crate::domain::contract::look::{Look, Quoted, cut};
use crate::domain::contract::text::is_longer;
use crate::domain::contract::{Actor, Check, Rule, Threshold};
use crate::domain::record::Attribute;
use crate::domain::violation::Severity;

/// The rules of `description`.
pub static DESCRIPTION: Check = Check {
    name: "description",
    attributes: &[],
    rules: &[&DESC_MISSING, &DESC_LENGTH, &DESC_HTML],
    run: check,
};

/// A record without a description.
pub static DESC_MISSING: Rule = Rule {
    code: "DESC_MISSING",
    severity: Severity::Error,
    attribute: Some("description"),
    actor: Actor::Partner,
    threshold: None,
    title: "No description",
    meaning: "The record has neither description nor structured_description.",
    expected: "A description of 1 to 5000 characters.",
    valid: &[
        &[("description", "A mug.")],
        &[("description", ""), ("structured_description", "A mug.")],
    ],
    invalid: &[&[("description", "")], &[("description", " \u{a0} ")]],
    fix: "Describe the product in a few sentences of its own.",
};

/// A description that is too long.
pub static DESC_LENGTH: Rule = Rule {
    code: "DESC_LENGTH",
    severity: Severity::Warning,
    attribute: Some("description"),
    actor: Actor::Partner,
    threshold: Some(Threshold {
        name: "longest description",
        unit: "characters",
        default: 5_000,
        least: 1,
        most: 100_000,
    }),
    title: "Description too long",
    meaning: "The description has more than 5000 characters. It is cut to 5000.",
    expected: "At most 5000 characters, the most telling first.",
    valid: &[&[("description", "A mug.")]],
    invalid: &[&[("description", long!(5001, "A mug that goes "))]],
    fix: "Shorten the description; what is said in the first 160 characters is what people see.",
};

/// A description with markup that receivers do not take.
pub static DESC_HTML: Rule = Rule {
    code: "DESC_HTML",
    severity: Severity::Warning,
    attribute: Some("description"),
    actor: Actor::Partner,
    threshold: None,
    title: "Markup in description",
    meaning: "The description holds tags other than strong, em, ul, ol, li, br, sub, sup, div, span, dl, dt and \
              dd, or attributes in a tag, or a tag that is never closed. A script, style, iframe, object or \
              canvas is an error: it could act in the pages of whoever shows the text.",
    expected: "Plain text, or simple tags without attributes, each closed.",
    valid: &[
        &[(
            "description",
            "<strong>A mug</strong><br>of <em>enamelled</em> steel, < 400 ml",
        )],
        &[("description", "<ul><li>blue<li>red</ul>")],
    ],
    invalid: &[
        &[("description", "<p>A mug.</p>")],
        &[("description", "<span style=\"color:red\">A mug.</span>")],
        &[("description", "<strong>A mug.")],
        &[("description", "A mug.<script>alert(1)</script>")],
    ],
    fix: "Send plain text, or keep to the simple tags.",
};

const SIMPLE: [&str; 13] = [
    "strong", "em", "ul", "ol", "li", "br", "sub", "sup", "div", "span", "dl", "dt", "dd",
];
/// Tags whose end HTML itself leaves out.
const ENDLESS: [&str; 4] = ["br", "li", "dt", "dd"];
const ACTIVE: [&str; 6] = ["script", "style", "canvas", "iframe", "object", "embed"];

enum Markup<'a> {
    Active(&'a str),
    Tag(&'a str),
    Attributes(&'a str),
    Unclosed(&'static str),
    Unopened(&'a str),
}

/// The worst thing in the markup of a text: an active tag, else the first fault.
fn fault(text: &str) -> Option<Markup<'_>> {
    // Nearly every description is plain.
    let mut from = memchr::memchr(b'<', text.as_bytes())?;
    let mut open = [0i32; SIMPLE.len()];
    let mut first = None;
    while let Some(at) = memchr::memchr(b'<', &text.as_bytes()[from..]) {
        from += at + 1;
        let rest = &text[from..];
        if rest.starts_with("!--") {
            first = first.or(Some(Markup::Tag("!--")));
            continue;
        }
        let (closes, rest) = rest.strip_prefix('/').map_or((false, rest), |rest| (true, rest));
        let length = rest
            .bytes()
            .take_while(|b| b.is_ascii_alphanumeric() || *b == b':' || *b == b'-')
            .count();
        let name = &rest[..length];
        // “< 400 ml” and “<3” are text.
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        if ACTIVE.iter().any(|active| name.eq_ignore_ascii_case(active)) {
            return Some(Markup::Active(name));
        }
        if first.is_some() {
            continue;
        }
        let Some(index) = SIMPLE.iter().position(|simple| name.eq_ignore_ascii_case(simple)) else {
            first = Some(Markup::Tag(name));
            continue;
        };
        let after = rest[length..].trim_start();
        let after = after.strip_prefix('/').unwrap_or(after);
        if !after.starts_with('>') {
            first = Some(Markup::Attributes(name));
        } else if !ENDLESS.contains(&SIMPLE[index]) {
            open[index] += if closes { -1 } else { 1 };
            if open[index] < 0 {
                first = Some(Markup::Unopened(name));
            }
        }
    }
    first.or_else(|| {
        open.iter()
            .position(|open| *open > 0)
            .map(|index| Markup::Unclosed(SIMPLE[index]))
    })
}

fn check(look: &mut Look<'_>) {
    let Some(text) = look.value(Attribute::Description) else {
        if !look.has(Attribute::StructuredDescription) {
            look.report(
                &DESC_MISSING,
                "",
                None,
                format_args!("The record has no description."),
            );
        }
        return;
    };
    let limit = look.threshold(&DESC_LENGTH);
    if is_longer(text, limit) {
        let count = text.chars().count();
        look.understand(
            Attribute::Description,
            format_args!("{}", cut(text, limit).trim_end()),
        );
        look.report(
            &DESC_LENGTH,
            text,
            None,
            format_args!(
                "Description {} has {count} characters and is cut to {limit}.",
                Quoted(text)
            ),
        );
    }
    let start = Quoted(text);
    match fault(text) {
        None => {}
        Some(Markup::Active(tag)) => look.report_worst(
            &DESC_HTML,
            text,
            format_args!("Description {start} holds a <{tag}> tag, which could act in a page."),
        ),
        Some(Markup::Tag(tag)) => look.report(
            &DESC_HTML,
            text,
            None,
            format_args!("Description {start} holds a <{tag}> tag, which is not one of the simple ones."),
        ),
        Some(Markup::Attributes(tag)) => look.report(
            &DESC_HTML,
            text,
            None,
            format_args!("Description {start} holds a <{tag}> tag with attributes or without its end."),
        ),
        Some(Markup::Unclosed(tag)) => look.report(
            &DESC_HTML,
            text,
            None,
            format_args!("Description {start} opens <{tag}> and never closes it."),
        ),
        Some(Markup::Unopened(tag)) => look.report(
            &DESC_HTML,
            text,
            None,
            format_args!("Description {start} closes <{tag}> without having opened it."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::contract::checks::testing::{check, codes, understood};

    #[test]
    fn five_thousand_characters_pass_and_one_more_is_cut_with_a_warning() {
        let fits = "é".repeat(5000);
        assert_eq!(codes(&[("description", &fits)]), Vec::<&str>::new());
        let longer = "é".repeat(5001);
        assert_eq!(codes(&[("description", &longer)]), ["DESC_LENGTH"]);
        assert_eq!(understood(&[("description", &longer)], "description"), Some(fits));
    }

    #[test]
    fn markup_that_can_act_is_an_error_and_other_markup_a_warning() {
        assert!(check(&[("description", "a <p>b</p> <SCRIPT src=x>")]).is_held());
        let simple = check(&[("description", "a <p>b</p>")]);
        assert!(!simple.is_held() && simple.has_warning());
    }
}
