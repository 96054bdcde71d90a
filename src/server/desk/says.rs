//! Says in words what a profile says in TOML.

use crate::api::profile::{Mapping, Says};
use crate::domain::profile::{Profile, shipped};
use std::collections::BTreeMap;

/// The profile in words, with what the shipped one says that it starts from.
pub(super) fn says(own: &Profile) -> Says {
    let all = own.resolved();
    let none = BTreeMap::new();
    let pairs = |all: &BTreeMap<String, String>, own: &BTreeMap<String, String>| -> Vec<Mapping> {
        let mut pairs: Vec<Mapping> = all
            .iter()
            .map(|(sent, meant)| Mapping {
                sent: sent.clone(),
                meant: meant.clone(),
                of_base: !own.contains_key(sent),
            })
            .collect();
        // What somebody wrote for this feed stands before what came with the program.
        pairs.sort_by_key(|mapping| mapping.of_base);
        pairs
    };
    Says {
        settings: settings(&all),
        names: pairs(&all.map, &own.map),
        fixed: pairs(&all.fixed, &own.fixed),
        values: all
            .values
            .iter()
            .map(|(attribute, values)| {
                let own = own.values.get(attribute).unwrap_or(&none);
                (attribute.clone(), pairs(values, own))
            })
            .collect(),
        fixes: all.fixes.clone(),
    }
}

fn settings(all: &Profile) -> Vec<(String, String)> {
    let mut settings = Vec::new();
    let mut say = |name: &str, words: Option<String>| {
        settings.extend(words.map(|words| (name.to_owned(), words)));
    };
    let base = all.base.as_deref().and_then(shipped::find);
    say("Starts from", base.map(|base| base.about.to_owned()));
    say("Records", all.record.clone());
    say(
        "Columns",
        all.columns.as_ref().map(|names| {
            let name = |name: &String| {
                if name.is_empty() {
                    "(left out)".to_owned()
                } else {
                    name.clone()
                }
            };
            names.iter().map(name).collect::<Vec<_>>().join(", ")
        }),
    );
    say("Encoding", all.encoding.clone());
    say(
        "Separator",
        all.delimiter.map(|mark| match mark {
            '\t' => "tab".to_owned(),
            ',' => "comma".to_owned(),
            ';' => "semicolon".to_owned(),
            '|' => "pipe".to_owned(),
            other => other.to_string(),
        }),
    );
    say(
        "Decimal mark",
        all.decimal.map(|mark| match mark {
            ',' => "comma: 12,50 is 12.50".to_owned(),
            _ => "point: 1,144.00 is 1144.00".to_owned(),
        }),
    );
    say(
        "Currency",
        all.currency
            .map(|currency| format!("{currency}, where a price names none")),
    );
    say(
        "Weights",
        all.weight_unit
            .as_ref()
            .map(|unit| format!("in {unit}, where none is named")),
    );
    say(
        "Lengths",
        all.length_unit
            .as_ref()
            .map(|unit| format!("in {unit}, where none is named")),
    );
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_for_the_feed_stands_before_what_came_with_the_program() {
        let own = Profile {
            map: [("cat".to_owned(), String::new())].into(),
            decimal: Some(','),
            ..Profile::named("ceneo").expect("it is shipped")
        };
        let says = says(&own);
        assert_eq!(
            says.names[0],
            Mapping {
                sent: "cat".to_owned(),
                meant: String::new(),
                of_base: false
            }
        );
        assert!(says.names[1..].iter().all(|mapping| mapping.of_base));
        let told: Vec<_> = says.settings.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            told,
            ["Starts from", "Records", "Decimal mark", "Currency", "Weights"]
        );
        assert_eq!(says.values[0].0, "availability");
    }

    #[test]
    fn an_empty_profile_says_nothing() {
        assert_eq!(says(&Profile::default()), Says::default());
    }
}
