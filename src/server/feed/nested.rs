//! Writes elements with children as rows write them: `country:region:service:price`.

/// The parts of the attributes that have some, in the order rows have them.
const PARTS: &[(&str, &[&str])] = &[
    ("shipping", &["country", "region", "service", "price"]),
    ("tax", &["country", "region", "rate", "tax_ship"]),
    ("installment", &["months", "amount", "downpayment", "credit_type"]),
    ("subscription_cost", &["period", "period_length", "amount"]),
    ("loyalty_points", &["name", "points_value", "ratio"]),
    (
        "product_detail",
        &["section_name", "attribute_name", "attribute_value"],
    ),
    (
        "certification",
        &[
            "certification_authority",
            "certification_name",
            "certification_code",
            "certification_value",
        ],
    ),
    ("free_shipping_threshold", &["country", "price_threshold"]),
    ("structured_title", &["digital_source_type", "content"]),
    ("structured_description", &["digital_source_type", "content"]),
];

/// Whether rows write an attribute as parts with colons between them.
pub(super) fn has_parts(name: &str) -> bool {
    PARTS.iter().any(|(known, _)| *known == name)
}

/// Joins the parts of one value. Parts that the order does not know come last; colons, commas
/// and backslashes inside a part are escaped.
pub(super) fn join(name: &str, parts: &[(String, String)]) -> String {
    let order = PARTS
        .iter()
        .find(|(n, _)| *n == name)
        .map_or(&[][..], |(_, order)| order);
    let find = |wanted: &str| {
        parts
            .iter()
            .find(|(part, _)| part == wanted)
            .map_or("", |(_, value)| value.trim())
    };
    let known = order.iter().map(|part| find(part));
    let others = parts
        .iter()
        .filter(|(part, _)| !order.contains(&part.as_str()))
        .map(|(_, value)| value.trim());
    let mut out = String::new();
    for (index, value) in known.chain(others).enumerate() {
        if index > 0 {
            out.push(':');
        }
        for c in value.chars() {
            if matches!(c, ':' | ',' | '\\') {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn parts_stand_in_the_order_of_rows_whatever_the_order_of_elements() {
        let parts = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect()
        };
        assert_eq!(
            join("shipping", &parts(&[("price", "3.50 USD"), ("country", "US")])),
            "US:::3.50 USD"
        );
        assert_eq!(
            join("shipping", &parts(&[("country", "US"), ("service", "A:B, C")])),
            "US::A\\:B\\, C:"
        );
        assert_eq!(join("unheard_of", &parts(&[("b", " 1 "), ("a", "2")])), "1:2");
    }
}
