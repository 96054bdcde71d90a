//! Holds the pages: one file each, with its resources, its title and its one boundary.

pub mod access;
pub mod activity;
pub mod bulk;
pub mod deliveries;
pub mod delivery;
pub mod feed;
pub mod heat;
pub mod issues;
pub mod jobs;
pub mod not_found;
pub mod outgoing;
pub mod overview;
pub mod partner;
pub mod password;
pub mod quarantine;
pub mod reasons;
pub mod reconciliation;
pub mod record;
pub mod report;
pub mod rule;
pub mod rules;
pub mod sign_in;
