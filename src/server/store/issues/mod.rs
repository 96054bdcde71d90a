//! Keeps issues: one document a fingerprint, with what deliveries found, how many of its records
//! wait, and what people make of it.
//!
//! | file | does |
//! |---|---|
//! | `document` | writes an issue as a document and reads it back |
//! | `folding` | folds a delivery in, in the transaction that ends it |
//! | `listing` | narrows, sorts, pages and groups them |
//! | `triaging` | changes what people make of one |
//! | `moving` | keeps the number of waiting records in step with the records' moves |
//! | `proving` | compares issues with the log and the quarantine, and counts the waiting anew |
//!
//! `issues` has the issues, `issue_turns` how far each feed's deliveries are folded. Nothing here
//! scans to answer a page: every figure is kept where it changes, in the transaction that changes
//! what it counts, so that a worker may be killed at any instant.

mod document;
mod folding;
mod listing;
mod moving;
mod proving;
mod triaging;

pub use folding::Ending;
pub use listing::IssuesOf;
pub(super) use moving::{Moved, Moves, Waiting};
pub use proving::IssueFault;
pub use triaging::Ruling as IssueChange;

use super::{Result, Store, scope};
use crate::domain::account::Scope;
use crate::domain::issue::{Example, Issue, IssueId};
use document::IssueDoc;
use mongodb::Collection;
use mongodb::bson::{Document, doc};

impl Store {
    pub(super) fn issues(&self) -> Collection<IssueDoc> {
        self.collection("issues")
    }

    /// Finds an issue in the scope, with its examples.
    pub async fn find_issue(&self, scope: &Scope, id: &IssueId) -> Result<Option<(Issue, Vec<Example>)>> {
        let query = scope::narrow(doc! {"_id": id.as_str()}, scope, None);
        let found = self.issues().find_one(query).await?;
        Ok(found.map(IssueDoc::into_kept))
    }
}

/// Issues that there is anything to say of: a move of a record whose delivery is not folded yet
/// leaves one behind that there is nothing to say of until it is.
fn told() -> Document {
    doc! {"$or": [{"deliveries": {"$gt": 0}}, {"open": {"$gt": 0}}]}
}
