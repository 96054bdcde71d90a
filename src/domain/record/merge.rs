//! Brings together what two people made of one record.
//!
//! What only one of them changed is taken as that one left it. Where both changed a value, what
//! was typed stands, beside what the other saved; nobody's work goes unseen. Attributes of one
//! name are told apart by their order, and an empty value is none.

use super::Attributes;

/// One value that somebody else saved since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The attribute's name.
    pub name: String,
    /// Which of that name, counted from 0.
    pub nth: usize,
    /// What both began with; none when it was not there.
    pub base: Option<String>,
    /// What the other saved; none when they took it out.
    pub theirs: Option<String>,
    /// What was typed; none when it was left empty.
    pub mine: Option<String>,
}

impl Difference {
    /// Whether both changed it, so that one of the values is lost.
    pub fn is_conflict(&self) -> bool {
        self.mine != self.base
    }
}

/// A name, and which of that name.
type Key<'a> = (&'a str, usize);

/// The values in their order, each known by its key.
fn keyed(attributes: &Attributes) -> Vec<(Key<'_>, &str)> {
    let mut keyed: Vec<(Key<'_>, &str)> = Vec::with_capacity(attributes.0.len());
    for (name, value) in attributes.iter() {
        let nth = keyed.iter().filter(|((n, _), _)| *n == name).count();
        keyed.push(((name, nth), value));
    }
    keyed
}

fn value<'a>(of: &[(Key<'_>, &'a str)], key: Key<'_>) -> Option<&'a str> {
    let found = of.iter().find(|(k, _)| *k == key)?;
    Some(found.1).filter(|value| !value.is_empty())
}

/// What comes of both, in the order typed, and what the other changed.
pub fn merge(base: &Attributes, theirs: &Attributes, mine: &Attributes) -> (Attributes, Vec<Difference>) {
    let (base, theirs, mine) = (keyed(base), keyed(theirs), keyed(mine));
    let mut merged = Vec::with_capacity(mine.len());
    let mut differences = Vec::new();
    let added = theirs
        .iter()
        .filter(|(key, _)| mine.iter().all(|(k, _)| k != key));
    for (key, typed) in mine.iter().chain(added) {
        let is_mine = mine.iter().any(|(k, _)| k == key);
        let (was, other) = (value(&base, *key), value(&theirs, *key));
        let own = is_mine.then_some(*typed).filter(|typed| !typed.is_empty());
        let is_changed = other != was && other != own;
        if is_changed {
            differences.push(Difference {
                name: key.0.to_owned(),
                nth: key.1,
                base: was.map(str::to_owned),
                theirs: other.map(str::to_owned),
                mine: own.map(str::to_owned),
            });
        }
        // What the form leaves out altogether was taken out, as was what it leaves empty.
        let kept = if is_changed && own == was { other } else { own };
        if is_mine || kept.is_some() {
            merged.push((key.0.to_owned(), kept.unwrap_or_default().to_owned()));
        }
    }
    (Attributes(merged), differences)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn attributes(pairs: &[(&str, &str)]) -> Attributes {
        Attributes(pairs.iter().map(|&(n, v)| (n.to_owned(), v.to_owned())).collect())
    }

    #[test]
    fn what_one_changed_is_taken_and_where_both_did_the_typed_value_stands() {
        let base = attributes(&[
            ("id", "1"),
            ("title", "Mug"),
            ("gtin", "1"),
            ("brand", "x"),
            ("size", "M"),
        ]);
        let theirs = attributes(&[
            ("id", "1"),
            ("title", "Cup"),
            ("gtin", "2"),
            ("brand", "x"),
            ("size", "M"),
            ("color", "red"),
        ]);
        let mine = attributes(&[
            ("id", "1"),
            ("title", "Mug"),
            ("gtin", "3"),
            ("brand", "y"),
            ("size", "M"),
            ("mpn", ""),
        ]);
        let (merged, differences) = merge(&base, &theirs, &mine);
        let expected = [
            ("id", "1"),
            ("title", "Cup"),
            ("gtin", "3"),
            ("brand", "y"),
            ("size", "M"),
            ("mpn", ""),
            ("color", "red"),
        ];
        assert_eq!(merged, attributes(&expected));
        let told: Vec<_> = differences
            .iter()
            .map(|d| (d.name.as_str(), d.is_conflict()))
            .collect();
        assert_eq!(told, [("title", false), ("gtin", true), ("color", false)]);
    }

    #[test]
    fn what_the_other_took_out_goes_and_the_second_image_stays_the_second() {
        let base = attributes(&[("image", "a"), ("image", "b"), ("note", "x")]);
        let theirs = attributes(&[("image", "a"), ("image", "c"), ("note", "")]);
        let mine = attributes(&[("image", "d"), ("image", "b"), ("note", "x")]);
        let (merged, differences) = merge(&base, &theirs, &mine);
        assert_eq!(
            merged,
            attributes(&[("image", "d"), ("image", "c"), ("note", "")])
        );
        assert_eq!(differences.len(), 2);
    }

    /// What both began with, and what two forms made of it: every field is sent, and some are new.
    fn forms() -> impl Strategy<Value = [Attributes; 3]> {
        let value = || "[x-z]{0,1}".prop_map(String::from);
        let kept = prop::collection::vec(("[a-c]", value(), value(), value()), 0..5);
        let added = || prop::collection::vec(("[a-d]", value()), 0..2);
        (kept, added(), added()).prop_map(|(kept, theirs, mine)| {
            let side = |pick: fn(&(String, String, String, String)) -> &String,
                        added: Vec<(String, String)>| {
                let kept = kept.iter().map(|row| (row.0.clone(), pick(row).clone()));
                Attributes(kept.chain(added).collect())
            };
            [
                side(|row| &row.1, Vec::new()),
                side(|row| &row.2, theirs),
                side(|row| &row.3, mine),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_typed_is_lost_and_nothing_of_the_other_goes_untold([base, theirs, mine] in forms()) {
            let (merged, differences) = merge(&base, &theirs, &mine);
            let (base, theirs, mine, merged) = (keyed(&base), keyed(&theirs), keyed(&mine), keyed(&merged));
            for (key, _) in &mine {
                let own = value(&mine, *key);
                prop_assert!(own == value(&base, *key) || own == value(&merged, *key));
            }
            for (key, _) in &theirs {
                let other = value(&theirs, *key);
                let is_told = differences.iter().any(|d| d.name == key.0 && d.theirs.as_deref() == other);
                prop_assert!(other == value(&merged, *key) || other == value(&base, *key) || is_told);
            }
        }
    }
}
