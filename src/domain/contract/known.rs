//! Holds what the engine is told of the world beside the contract and the record: what an operator
//! has named, and what somebody has looked at. Where nothing is told, nothing is held against a record.

use super::{Pictures, Taxonomy};
use std::sync::Arc;

/// What is known. Clones share it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The categories there are.
    pub taxonomy: Option<Arc<Taxonomy>>,
    /// Pictures that were looked at.
    pub pictures: Option<Arc<Pictures>>,
}

impl Known {
    /// The categories there are, where they are known, and no picture.
    pub fn categories(taxonomy: Option<Arc<Taxonomy>>) -> Self {
        Self {
            taxonomy,
            pictures: None,
        }
    }

    /// The same, with pictures.
    #[must_use]
    pub fn seeing(self, pictures: Arc<Pictures>) -> Self {
        Self {
            pictures: Some(pictures),
            ..self
        }
    }
}
