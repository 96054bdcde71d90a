//! Writes what people seek as a pattern that matches it as it stands.

/// The pattern of a text. A NUL matches nothing and is left out: the database takes no pattern with
/// one in it.
pub(super) fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() * 2);
    for c in text.chars().filter(|c| *c != '\0') {
        if c.is_ascii() && !c.is_ascii_alphanumeric() {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_looked_for_as_it_is() {
        assert_eq!(literal("a.b*(ü"), "a\\.b\\*\\(ü");
        assert_eq!(literal("a.*(b é\0"), "a\\.\\*\\(b\\ é");
    }
}
