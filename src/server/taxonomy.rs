//! Reads the taxonomy that an operator names, for the rule on categories.

use crate::domain::contract::Taxonomy;
use anyhow::Context;
use std::path::Path;
use std::sync::Arc;

/// Reads the file that was named.
pub fn load(path: &Path) -> anyhow::Result<Arc<Taxonomy>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("reading the taxonomy {}", path.display()))?;
    let taxonomy =
        Taxonomy::parse(&text).with_context(|| format!("the taxonomy {} cannot be used", path.display()))?;
    tracing::debug!(
        categories = taxonomy.len(),
        "the taxonomy {} is read",
        path.display()
    );
    Ok(Arc::new(taxonomy))
}
