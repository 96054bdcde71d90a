//! Lines up what was sent, what the newest revision says, and what fails, one row an attribute.

use crate::domain::contract::alone;
use crate::domain::record::Attributes;
use crate::domain::violation::Violation;

/// One attribute, or one of several of the same name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// Its name.
    pub name: String,
    /// Its value as sent; none when it was not.
    pub sent: Option<String>,
    /// Its value now; none when it was taken out, or has never been there.
    pub now: Option<String>,
    /// Its value as the contract understands it, where that is not the value as it stands.
    pub understood: Option<String>,
    /// What fails about it.
    pub violations: Vec<Violation>,
}

/// The rows in the order sent, then what was added, then what is missing; and what fails about
/// the record as a whole.
pub(super) fn align(
    sent: &Attributes,
    now: &Attributes,
    understood: &[Option<(String, String)>],
    violations: &[Violation],
) -> (Vec<Row>, Vec<Violation>) {
    let mut rows: Vec<Row> = sent
        .iter()
        .map(|(name, value)| Row {
            name: name.to_owned(),
            sent: Some(value.to_owned()),
            ..Row::default()
        })
        .collect();
    for (index, (name, value)) in now.iter().enumerate() {
        let understood = understood.get(index).and_then(Option::as_ref);
        let understood = understood.filter(|(_, means)| means != value.trim());
        let understood = understood.map(|(_, means)| means.clone());
        // The first row of the name that has no value yet: the second image stays the second.
        let free = rows.iter_mut().find(|row| row.name == name && row.now.is_none());
        if let Some(row) = free {
            row.now = Some(value.to_owned());
            row.understood = understood;
        } else {
            rows.push(Row {
                name: name.to_owned(),
                now: Some(value.to_owned()),
                understood,
                ..Row::default()
            });
        }
    }
    let mut whole = Vec::new();
    for violation in violations {
        let Some(attribute) = violation.attribute.as_deref() else {
            whole.push(violation.clone());
            continue;
        };
        let fields = rows.iter().map(|row| {
            let now = row.now.as_deref().or(row.sent.as_deref());
            (row.name.as_str(), now.unwrap_or_default())
        });
        match alone::place(fields, violation) {
            Some(place) => rows[place].violations.push(violation.clone()),
            None => rows.push(Row {
                name: attribute.to_owned(),
                violations: vec![violation.clone()],
                ..Row::default()
            }),
        }
    }
    (rows, whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::violation::Severity;

    fn attributes(pairs: &[(&str, &str)]) -> Attributes {
        Attributes(pairs.iter().map(|&(n, v)| (n.to_owned(), v.to_owned())).collect())
    }

    fn violation(attribute: Option<&'static str>, value: &str) -> Violation {
        Violation {
            code: "X".into(),
            severity: Severity::Error,
            attribute: attribute.map(Into::into),
            value: value.to_owned(),
            message: String::new(),
            suggestion: None,
            contract_version: 1,
            place: None,
        }
    }

    #[test]
    fn attributes_of_one_name_keep_their_places() {
        let sent = attributes(&[("id", "1"), ("image", "a"), ("image", "b")]);
        let now = attributes(&[("id", "1"), ("image", "a"), ("image", "c"), ("brand", "x")]);
        let means = |name: &str, value: &str| Some((name.to_owned(), value.to_owned()));
        let understood = [means("id", "1"), means("image", "A"), None, means("brand", "x")];
        let (rows, _) = align(&sent, &now, &understood, &[]);
        let told: Vec<_> = rows
            .iter()
            .map(|r| (r.name.as_str(), r.sent.as_deref(), r.now.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                ("id", Some("1"), Some("1")),
                ("image", Some("a"), Some("a")),
                ("image", Some("b"), Some("c")),
                ("brand", None, Some("x"))
            ]
        );
        let means: Vec<_> = rows.iter().map(|r| r.understood.as_deref()).collect();
        assert_eq!(means, [None, Some("A"), None, None]);
    }

    #[test]
    fn what_fails_is_pinned_to_its_attribute_and_what_is_missing_has_a_row() {
        let sent = attributes(&[("g:GTIN", "123"), ("image", "a"), ("image", "b")]);
        let violations = [
            violation(Some("gtin"), "123"),
            violation(Some("image"), "b"),
            violation(Some("description"), ""),
            violation(None, ""),
        ];
        let (rows, whole) = align(&sent, &sent, &[], &violations);
        let counts: Vec<_> = rows
            .iter()
            .map(|r| (r.name.as_str(), r.violations.len()))
            .collect();
        assert_eq!(
            counts,
            [("g:GTIN", 1), ("image", 0), ("image", 1), ("description", 1)]
        );
        assert_eq!((rows[3].sent.clone(), whole.len()), (None, 1));
    }
}
