//! Decides who may do what, and whose data they may see.
//!
//! One table of rights ([`Role::may`]) is asked by every server function and by every page
//! that shows a button. A [`Scope`] goes along with every question to the store, so that
//! nobody can ask for more than is theirs. Signing in and sessions are the server's business.

use super::ids::{PartnerId, UserId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What somebody is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Runs the installation: everything staff may, and the accounts.
    Admin,
    /// Inspects, mends, replays and discards held records.
    Staff,
    /// An account manager: reads everything of the partners in their care.
    Manager,
    /// A partner's own person: reads that partner's quality reports, sends files of its feeds, and
    /// does nothing else.
    Partner,
}

/// What one may be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// Compare partners with one another.
    ViewAllPartners,
    /// Read figures, deliveries and held records within one's scope.
    ViewReports,
    /// Change a held record's attributes.
    EditRecord,
    /// Send a held record through today's contract again.
    ReplayRecord,
    /// Give a held record up, or take that back.
    DiscardRecord,
    /// Say where an issue stands, who works on it and what is known of it, and read that.
    TriageIssue,
    /// Write to the other side about an issue.
    Converse,
    /// Look at pages as one of one's partners sees them.
    ViewAsPartner,
    /// Send a file of a feed in.
    SendFile,
    /// See the worker's jobs, have one that was set aside tried again, and say what is pulled, when.
    ManageJobs,
    /// Release or refuse a delivery that a gate holds.
    RuleOnHold,
    /// Set what a feed's contract makes of the rules.
    EditContract,
    /// Say how the files of a feed are read.
    EditProfile,
    /// Set where a feed's gates stand.
    EditGates,
    /// See the proof that everything received is accounted for.
    Reconcile,
    /// See, make and revoke the tokens that partners' programs send files with.
    ManageTokens,
    /// Make a token that writes entries of the audit log, too.
    GrantLog,
    /// Add people and set passwords.
    ManageUsers,
}

impl Role {
    /// Every role, the most powerful first.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Staff, Self::Manager, Self::Partner];

    /// The one table of rights.
    pub fn may(self, right: Right) -> bool {
        use Right::{
            Converse, DiscardRecord, EditContract, EditGates, EditProfile, EditRecord, GrantLog, ManageJobs,
            ManageTokens, ManageUsers, Reconcile, ReplayRecord, RuleOnHold, SendFile, TriageIssue,
            ViewAllPartners, ViewAsPartner, ViewReports,
        };
        match right {
            ViewReports | Converse => true,
            ViewAllPartners | TriageIssue | ViewAsPartner => self != Self::Partner,
            EditRecord | ReplayRecord | DiscardRecord | ManageJobs | RuleOnHold | EditContract
            | EditProfile | EditGates | Reconcile | ManageTokens => matches!(self, Self::Admin | Self::Staff),
            SendFile => self != Self::Manager,
            ManageUsers | GrantLog => self == Self::Admin,
        }
    }

    /// The word for it, as typed on the command line and shown on pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Staff => "staff",
            Self::Manager => "manager",
            Self::Partner => "partner",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl std::str::FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|role| role.word() == text)
            .ok_or_else(|| format!("“{text}” is not a role: use admin, staff, manager or partner"))
    }
}

/// What somebody is told who has tried too many passwords.
pub fn too_many_tries(seconds: u32) -> String {
    let minutes = seconds.div_ceil(60).max(1);
    let wait = match minutes {
        1 => "a minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    };
    format!(
        "There were too many tries. Wait {wait}, then try again; whoever runs feedgate can give you a new password."
    )
}

/// Whether an account of this role may be limited to these partners; why not, in a sentence.
pub fn partners_fit(role: Role, partners: &[PartnerId]) -> Result<(), &'static str> {
    match role {
        Role::Partner if partners.len() != 1 => {
            Err("A partner's account belongs to one partner: name exactly one.")
        }
        Role::Admin | Role::Staff if !partners.is_empty() => {
            Err("Admins and staff see every partner: name none.")
        }
        _ => Ok(()),
    }
}

/// Whose data somebody may see. Every question to the store carries one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// Every partner's.
    All,
    /// Only these partners'; of none, when the list is empty.
    Only(Vec<PartnerId>),
}

impl Scope {
    /// Whether data of `partner` lies within it.
    pub fn covers(&self, partner: &PartnerId) -> bool {
        match self {
            Self::All => true,
            Self::Only(partners) => partners.contains(partner),
        }
    }
}

/// Somebody who has signed in, as pages and server functions know them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// Their account.
    pub id: UserId,
    /// What they sign in with.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// What they are to us.
    pub role: Role,
    /// The partners they are limited to: one for a partner, any number for a manager; none
    /// means all, and never for a partner.
    pub partners: Vec<PartnerId>,
    /// What they are to us in truth while they look on as a partner does; they change nothing then.
    #[serde(default)]
    pub guise: Option<Role>,
}

impl Viewer {
    /// The same person as that partner would be: its pages, its data, and no right but to look.
    #[must_use]
    pub fn looking_as(self, partner: PartnerId) -> Self {
        Self {
            guise: Some(self.role),
            role: Role::Partner,
            partners: vec![partner],
            ..self
        }
    }

    /// Whether there is a partner that both see.
    pub fn shares(&self, other: &Self) -> bool {
        match self.scope() {
            Scope::All => true,
            Scope::Only(partners) => partners.iter().any(|partner| other.scope().covers(partner)),
        }
    }

    /// Whose data they may see. A partner account without a partner sees nothing.
    pub fn scope(&self) -> Scope {
        if self.role != Role::Partner && self.partners.is_empty() {
            Scope::All
        } else {
            Scope::Only(self.partners.clone())
        }
    }

    /// Whether their role has the right.
    pub fn may(&self, right: Right) -> bool {
        self.role.may(right) && (self.guise.is_none() || right == Right::ViewReports)
    }

    /// Where they land after signing in.
    pub fn home(&self) -> String {
        match self.partners.first() {
            Some(partner) if self.role == Role::Partner => format!("/partners/{partner}/report"),
            _ => "/".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewer(role: Role, partners: &[&str]) -> Viewer {
        Viewer {
            id: UserId::new("u"),
            email: "u@example.com".into(),
            name: "U".into(),
            role,
            partners: partners.iter().map(|p| PartnerId::new(*p)).collect(),
            guise: None,
        }
    }

    #[test]
    fn only_staff_and_admin_touch_records_and_rule_on_deliveries() {
        for right in [
            Right::EditRecord,
            Right::ReplayRecord,
            Right::DiscardRecord,
            Right::RuleOnHold,
            Right::EditContract,
            Right::EditProfile,
            Right::EditGates,
            Right::Reconcile,
            Right::ManageTokens,
        ] {
            let allowed: Vec<_> = Role::ALL.into_iter().filter(|r| r.may(right)).collect();
            assert_eq!(allowed, [Role::Admin, Role::Staff]);
        }
    }

    #[test]
    fn only_an_admin_lets_another_system_write_the_log() {
        let allowed: Vec<_> = Role::ALL.into_iter().filter(|r| r.may(Right::GrantLog)).collect();
        assert_eq!(allowed, [Role::Admin]);
    }

    #[test]
    fn whoever_makes_a_feed_or_mends_it_may_send_its_files() {
        let allowed: Vec<_> = Role::ALL.into_iter().filter(|r| r.may(Right::SendFile)).collect();
        assert_eq!(allowed, [Role::Admin, Role::Staff, Role::Partner]);
    }

    #[test]
    fn a_partner_account_without_a_partner_sees_nothing() {
        assert_eq!(viewer(Role::Partner, &[]).scope(), Scope::Only(vec![]));
        assert!(!viewer(Role::Partner, &[]).scope().covers(&PartnerId::new("a")));
    }

    #[test]
    fn whoever_looks_on_as_a_partner_sees_its_data_alone_and_changes_nothing() {
        let seen = viewer(Role::Admin, &[]).looking_as(PartnerId::new("a"));
        assert_eq!(seen.scope(), Scope::Only(vec![PartnerId::new("a")]));
        for right in [
            Right::SendFile,
            Right::Converse,
            Right::ManageUsers,
            Right::ViewAllPartners,
        ] {
            assert!(!seen.may(right), "{right:?}");
        }
        assert!(seen.may(Right::ViewReports));
    }

    #[test]
    fn a_limited_manager_sees_their_partners_alone() {
        let scope = viewer(Role::Manager, &["a", "b"]).scope();
        assert!(scope.covers(&PartnerId::new("b")) && !scope.covers(&PartnerId::new("c")));
        assert_eq!(viewer(Role::Manager, &[]).scope(), Scope::All);
    }
}
