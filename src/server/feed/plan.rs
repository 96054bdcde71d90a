//! Prepares what a feed's profile says for the readers, once per file.

use super::adapt::Adapter;
use super::encoding::Encoding;
use crate::domain::profile::Profile;
use crate::domain::record::{Dictionary, Names};
use std::sync::Arc;

/// How one file is to be read.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    pub(super) encoding: Option<Encoding>,
    pub(super) delimiter: Option<u8>,
    /// The names of the columns of a file without a header.
    pub(super) columns: Option<Vec<String>>,
    /// The paths that lead to a record.
    pub(super) paths: Vec<Vec<String>>,
    pub(super) dictionary: Arc<Dictionary>,
    pub(super) adapter: Option<Arc<Adapter>>,
}

impl Plan {
    pub(super) fn of(profile: &Profile) -> Self {
        if profile.is_empty() {
            return Self::default();
        }
        let profile = profile.resolved();
        Self {
            encoding: profile.encoding.as_deref().and_then(Encoding::named),
            delimiter: profile.delimiter.and_then(|c| u8::try_from(c).ok()),
            columns: profile.columns.clone(),
            paths: profile.record_paths(),
            dictionary: Arc::new(profile.dictionary()),
            adapter: Adapter::of(&profile).map(Arc::new),
        }
    }

    /// An empty table of names that knows the profile's words.
    pub(super) fn names(&self) -> Names {
        Names::with(Arc::clone(&self.dictionary))
    }

    /// Makes room for the names that the profile adds by itself.
    pub(super) fn prepare(&self, names: &mut Names) {
        if let Some(adapter) = &self.adapter {
            adapter.prepare(names);
        }
    }
}
