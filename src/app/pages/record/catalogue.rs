//! Shows a record beside the accepted version of its product: what differs, value by value.

use super::compare::value;
use crate::app::components::table::{Table, text};
use crate::app::components::time::Ago;
use crate::app::link;
use crate::domain::format::counted;
use crate::domain::item::Item;
use crate::domain::quarantine::HeldRecord;
use crate::domain::record::{Attributes, Difference, merge};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// The section, given what each of the record's attributes is understood as.
pub(super) fn section(
    record: &HeldRecord,
    understood: Vec<Option<(String, String)>>,
    accepted: Option<Item>,
    as_of: DateTime<Utc>,
) -> AnyView {
    let now = Attributes(understood.into_iter().flatten().collect());
    let content = match accepted {
        Some(item) => beside(record, &now, &item, as_of),
        None => view! { <p class="muted">{unknown(record, now.get("id"))}</p> }.into_any(),
    };
    view! {
        <section class="catalogue" aria-labelledby="catalogue">
            <h2 id="catalogue">"Beside the catalogue"</h2>
            {content}
        </section>
    }
    .into_any()
}

fn beside(record: &HeldRecord, now: &Attributes, item: &Item, as_of: DateTime<Utc>) -> AnyView {
    let (_, differences) = merge(&item.attributes, now, &item.attributes);
    let rows: Vec<_> = differences.iter().map(line).collect();
    let columns = vec![
        text("Attribute"),
        text("In the catalogue"),
        text("This record, as understood"),
    ];
    let table = (!rows.is_empty()).then(|| {
        view! {
            <div class="attributes beside">
                <Table caption="What differs from the catalogue" columns rows/>
            </div>
        }
    });
    view! {
        <p>
            "The version in the catalogue came "
            <a href=link::delivery(&item.delivery).href()>
                <Ago at=item.received_at as_of/>
            </a>
            ". "
            {standing(record, item)}
            {sentence(&item.attributes, &differences)}
        </p>
        {table}
    }
    .into_any()
}

/// Why there is nothing to compare with.
fn unknown(record: &HeldRecord, id: Option<&str>) -> &'static str {
    if id.is_none() {
        "Without an id it cannot be told which product this is."
    } else if record.state.is_open() {
        "The catalogue has no product of this id: accepting this record adds one."
    } else {
        "The catalogue has no product of this id."
    }
}

/// What the accepted version means for a record that still waits.
fn standing(record: &HeldRecord, item: &Item) -> &'static str {
    if !record.state.is_open() {
        ""
    } else if item.received_at > record.received_at {
        "It is newer than this record, so a replay leaves it as it is. "
    } else if item.is_withdrawn {
        "A later file left the product out, and it was withdrawn: accepting this record brings it back. "
    } else {
        ""
    }
}

/// How much differs.
fn sentence(accepted: &Attributes, differences: &[Difference]) -> String {
    if differences.is_empty() {
        return "Every value is the same.".to_owned();
    }
    let changed = differences.iter().filter(|d| d.base.is_some()).count();
    let same = accepted.0.len().saturating_sub(changed) as u64;
    let differ = counted(differences.len() as u64, "value differs", "values differ");
    let same = match same {
        0 => "none is the same".to_owned(),
        same => counted(same, "is the same", "are the same"),
    };
    format!("{differ}, {same}.")
}

fn line(difference: &Difference) -> AnyView {
    view! {
        <tr>
            <th scope="row">
                <code>{difference.name.clone()}</code>
            </th>
            <td>{value(difference.base.clone(), "not there")}</td>
            <td class="changed">{value(difference.theirs.clone(), "not there")}</td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(pairs: &[(&str, &str)]) -> Attributes {
        Attributes(pairs.iter().map(|&(n, v)| (n.to_owned(), v.to_owned())).collect())
    }

    #[test]
    fn the_sentence_counts_what_differs_and_what_does_not() {
        let accepted = attributes(&[("id", "1"), ("title", "Mug"), ("image", "a"), ("image", "b")]);
        let told = |now: &[(&str, &str)]| {
            let (_, differences) = merge(&accepted, &attributes(now), &accepted);
            sentence(&accepted, &differences)
        };
        assert_eq!(
            told(&[("image", "a"), ("image", "b"), ("title", "Mug"), ("id", "1")]),
            "Every value is the same."
        );
        assert_eq!(
            told(&[("id", "1"), ("title", "Cup"), ("image", "a"), ("size", "M")]),
            "3 values differ, 2 are the same.",
            "one changed, one taken out, one new"
        );
        assert_eq!(
            told(&[("id", "2"), ("title", "Cup"), ("image", "c"), ("image", "d")]),
            "4 values differ, none is the same."
        );
    }
}
