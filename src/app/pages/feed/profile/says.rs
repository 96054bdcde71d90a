//! Tells in words what a profile says.

use crate::api::profile::{Mapping, Says};
use crate::app::components::table::{Table, text};
use crate::domain::format;
use crate::domain::profile::Kept;
use leptos::prelude::*;

/// Mappings of the shipped profile that are shown without folding them away.
const UNFOLDED: usize = 6;

/// The card.
pub(super) fn card(says: Says) -> AnyView {
    let Says {
        settings,
        names,
        fixed,
        values,
        fixes,
    } = says;
    let is_empty =
        settings.is_empty() && names.is_empty() && fixed.is_empty() && values.is_empty() && fixes.is_empty();
    let facts: Vec<_> = settings
        .into_iter()
        .map(|(name, words)| {
            view! {
                <div>
                    <dt>{name}</dt>
                    <dd>{words}</dd>
                </div>
            }
        })
        .collect();
    let values: Vec<_> = values
        .into_iter()
        .map(|(attribute, pairs)| {
            mapped(
                format!("Values of {attribute}"),
                ("As sent", "As meant"),
                pairs,
                |meant| {
                    if meant.is_empty() {
                        "nothing".to_owned()
                    } else {
                        meant
                    }
                },
                |sent| match sent.as_str() {
                    "" => "a missing one".to_owned(),
                    "*" => "any other".to_owned(),
                    _ => sent,
                },
            )
        })
        .collect();
    view! {
        <section class="card facts said" aria-labelledby="said">
            <h2 id="said">"What it says"</h2>
            {is_empty
                .then(|| {
                    view! {
                        <p class="muted">
                            "Nothing. Names are matched with those of the contract in any case, with or without "
                            <code>"g:"</code>
                            ", and a file says itself in which encoding it is."
                        </p>
                    }
                })}
            {(!facts.is_empty()).then(|| view! { <dl>{facts}</dl> })}
            {mapped(
                "Names".to_owned(),
                ("Sent as", "Becomes"),
                names,
                |meant| if meant.is_empty() { "left out".to_owned() } else { meant },
                |sent| sent,
            )}
            {mapped("Fixed values".to_owned(), ("Attribute", "Of every record"), fixed, |meant| meant, |sent| sent)}
            {values}
            {kept(fixes)}
        </section>
    }
    .into_any()
}

/// The fixes that the profile keeps, each with whose it is: what nobody owns stays for ever.
fn kept(fixes: Vec<Kept>) -> AnyView {
    if fixes.is_empty() {
        return ().into_any();
    }
    let rows: Vec<_> = fixes
        .into_iter()
        .map(|kept| {
            view! {
                <tr>
                    <th scope="row">{kept.fix().sentence()}</th>
                    <td>{kept.owner()}</td>
                    <td>{kept.why}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    let columns = vec![text("Fix"), text("Whose"), text("Why")];
    view! {
        <h3>"Fixes"</h3>
        <Table caption="Fixes" columns rows/>
    }
    .into_any()
}

/// One table of pairs: those of this feed's own, and those of the shipped profile folded away
/// where they are many.
fn mapped(
    title: String,
    heads: (&'static str, &'static str),
    pairs: Vec<Mapping>,
    meant: impl Fn(String) -> String,
    sent: impl Fn(String) -> String,
) -> AnyView {
    if pairs.is_empty() {
        return ().into_any();
    }
    let (base, own): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|pair| pair.of_base);
    let table = |caption: &str, pairs: Vec<Mapping>| -> AnyView {
        let rows: Vec<_> = pairs
            .into_iter()
            .map(|pair| {
                let is_empty = pair.meant.is_empty();
                view! {
                    <tr>
                        <th scope="row">
                            <code>{sent(pair.sent)}</code>
                        </th>
                        <td class=if is_empty { "muted" } else { "" }>
                            <code>{meant(pair.meant)}</code>
                        </td>
                    </tr>
                }
                .into_any()
            })
            .collect();
        let columns = vec![text(heads.0), text(heads.1)];
        view! { <Table caption=caption columns rows/> }.into_any()
    };
    let count = base.len();
    let own = (!own.is_empty()).then(|| table(&title, own));
    let base = match count {
        0 => ().into_any(),
        1..=UNFOLDED => table(&format!("{title} of the vocabulary"), base),
        _ => {
            let words = format!("{} of the vocabulary", format::count(count as u64));
            let rows = table(&format!("{title} of the vocabulary"), base);
            view! {
                <details>
                    <summary>{words}</summary>
                    {rows}
                </details>
            }
            .into_any()
        }
    };
    view! {
        <h3>{title}</h3>
        {own}
        {base}
    }
    .into_any()
}
