//! Turns a scope into a query, in the one place where that is done.

use crate::domain::account::Scope;
use crate::domain::ids::PartnerId;
use mongodb::bson::{Bson, Document, doc};

/// Narrows `query` to `scope`, and to one partner of it when asked. A partner outside the scope
/// matches nothing, exactly as one that does not exist.
pub(super) fn narrow(mut query: Document, scope: &Scope, partner: Option<&PartnerId>) -> Document {
    let condition: Option<Bson> = match (scope, partner) {
        (Scope::All, None) => None,
        (Scope::All, Some(partner)) => Some(partner.as_str().into()),
        (Scope::Only(_), Some(partner)) if scope.covers(partner) => Some(partner.as_str().into()),
        (Scope::Only(_), Some(_)) => Some(doc! {"$in": []}.into()),
        (Scope::Only(partners), None) => {
            let slugs: Vec<&str> = partners.iter().map(PartnerId::as_str).collect();
            Some(doc! {"$in": slugs}.into())
        }
    };
    if let Some(condition) = condition {
        query.insert("partner", condition);
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partner_outside_the_scope_matches_nothing() {
        let scope = Scope::Only(vec![PartnerId::new("a")]);
        assert_eq!(
            narrow(doc! {}, &scope, Some(&PartnerId::new("b"))),
            doc! {"partner": {"$in": []}}
        );
        assert_eq!(narrow(doc! {}, &scope, None), doc! {"partner": {"$in": ["a"]}});
        assert_eq!(
            narrow(doc! {}, &Scope::Only(vec![]), None),
            doc! {"partner": {"$in": []}}
        );
        assert_eq!(narrow(doc! {}, &Scope::All, None), doc! {});
    }
}
