//! Reads what another system says of single products of an export: which went out, and which were
//! rejected, and for what.
//!
//! An entry of the log counts the products of an export; lines of this kind name them, any number of
//! lines for one entry, as long as the entry is in the log. They say what became of each and how
//! they call it; whether there is such a catalogue is for whoever keeps them to see.

use super::fields::Fields;
use super::{Fault, id_in_log, read_code, read_feed, read_id};
use crate::domain::export::Fate;
use crate::domain::ids::{DeliveryId, FeedId, PartnerId};
use crate::domain::record;
use serde_json::Value;
use std::collections::HashSet;

/// Longest id of a product, in characters.
const PRODUCT_MAX: usize = 500;

/// Products of one catalogue, and what became of each in one export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Products {
    /// The entry's id as its writer gave it.
    pub id: String,
    /// The entry in the log.
    pub entry: DeliveryId,
    /// The feed that went out.
    pub to: FeedId,
    /// The catalogue that the products are of.
    pub of: FeedId,
    /// Products by their ids as they were sent, and what became of each.
    pub fates: Vec<(String, Fate)>,
}

impl Products {
    /// Reads the fields of a line.
    pub(super) fn read(
        mut fields: Fields,
        may_write: impl Fn(&FeedId) -> Result<(), Fault>,
    ) -> Result<Self, Fault> {
        let id = read_id(&mut fields, "entry")?;
        let to = read_feed(&mut fields)?;
        may_write(&to)?;
        let of = read_catalogue(&fields.text("of", 81)?)?;
        let mut fates = Vec::new();
        for (at, value) in fields
            .optional("sent", Fields::list)?
            .into_iter()
            .flatten()
            .enumerate()
        {
            fates.push((read_product(format!("sent[{at}]"), value)?, Fate::Sent));
        }
        let rejected = fields.optional("rejected", Fields::list)?;
        for (at, value) in rejected.into_iter().flatten().enumerate() {
            let path = format!("rejected[{at}]");
            let mut fields = Fields::of(&path, value)?;
            let product = read_product(
                format!("{path}.product"),
                fields.text("product", PRODUCT_MAX)?.into(),
            )?;
            let code = read_code(&mut fields, &path)?;
            fields.end()?;
            fates.push((product, Fate::Rejected(code)));
        }
        fields.end()?;
        if fates.is_empty() {
            return Err(Fault::new(
                "sent",
                "No product is named; list those that went out in sent, those that did not in rejected.",
            ));
        }
        let mut named = HashSet::with_capacity(fates.len());
        if let Some((twice, _)) = fates
            .iter()
            .find(|(product, _)| !named.insert(record::key(product)))
        {
            return Err(Fault::new(
                "sent",
                format!("“{twice}” is named twice; a product either went out with an export or did not."),
            ));
        }
        Ok(Self {
            entry: id_in_log(&to.partner(), &id),
            id,
            to,
            of,
            fates,
        })
    }
}

/// A catalogue is always named with its partner, for it is hardly that of the export.
fn read_catalogue(text: &str) -> Result<FeedId, Fault> {
    let wrong = |why: String| Fault::new("of", why);
    let (partner, name) = text.split_once('/').ok_or_else(|| {
        wrong(format!(
            "“{text}” names no catalogue; write its partner and its feed, such as “acme/main”."
        ))
    })?;
    let partner = PartnerId::parse(partner).map_err(|e| wrong(format!("{e}.")))?;
    FeedId::of(&partner, name).map_err(|e| wrong(format!("{e}.")))
}

fn read_product(path: String, value: Value) -> Result<String, Fault> {
    match value {
        Value::String(id) if id.trim().is_empty() => {
            Err(Fault::new(path, "It is empty; name a product by its id."))
        }
        Value::String(id) if id.chars().nth(PRODUCT_MAX).is_none() => Ok(id),
        Value::String(_) => Err(Fault::new(
            path,
            format!("The id is longer than {PRODUCT_MAX} characters, and no product's is."),
        )),
        _ => Err(Fault::new(
            path,
            "It is not a text in quotes; name a product by its id.",
        )),
    }
}
