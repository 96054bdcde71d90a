//! Describes a delivery: one file received or sent, which is one entry of the audit log.
//!
//! A delivery is begun when its file is complete, decided when every record of it is accepted,
//! unchanged or held, and never edited after that. Its counts obey
//! [`super::report::Counts::conserved`]. A replay writes a delivery of its own, so that what
//! was received stays what it was.

use super::gate::Gate;
use super::hold::{Hold, Stage};
use super::ids::{DeliveryId, FeedId, JobId, PartnerId};
use super::report::{CodeCount, Counts, FileReport};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Which way a feed's files go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the partner to us.
    Ingest,
    /// From us to the partner.
    Export,
}

impl Direction {
    /// The word for it in URLs and in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Export => "export",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Ingest, Self::Export]
            .into_iter()
            .find(|d| d.word() == word)
    }
}

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Its file is here and nobody has read it yet.
    Queued,
    /// Its records are being applied; until it is decided they count as in flight.
    Processing,
    /// Every record is decided.
    Accepted,
    /// A gate keeps it from taking effect until it is released.
    Held,
    /// Nothing of it took effect, and nothing will: the file is damaged, or it was held and
    /// somebody refused it or a newer one came first.
    Refused,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 5] = [
        Self::Queued,
        Self::Processing,
        Self::Accepted,
        Self::Held,
        Self::Refused,
    ];

    /// The word for it on pages, in URLs and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Processing => "processing",
            Self::Accepted => "accepted",
            Self::Held => "held",
            Self::Refused => "refused",
        }
    }

    /// The word for people, of a file that went this way.
    pub fn label(self, direction: Direction) -> &'static str {
        match (direction, self) {
            (Direction::Export, Self::Processing) => "on its way",
            (Direction::Export, Self::Accepted) => "arrived",
            (Direction::Export, Self::Refused) => "failed",
            _ => self.word(),
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }
}

/// Where a delivery's records came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Origin {
    /// A file that came or went.
    File,
    /// Held records sent through the contract again.
    Replay {
        /// The job that did it.
        job: JobId,
    },
}

/// One entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its id; sorts by time.
    pub id: DeliveryId,
    /// Whose it is.
    pub partner: PartnerId,
    /// Which feed it belongs to.
    pub feed: FeedId,
    /// Which way it went.
    pub direction: Direction,
    /// File or replay.
    pub origin: Origin,
    /// How far it has come.
    pub status: Status,
    /// The file's facts, and why it was refused or held.
    pub file: FileReport,
    /// Its records, counted. While `Processing` only `received` is final.
    pub counts: Counts,
    /// What failed, the most records first.
    pub codes: Vec<CodeCount>,
    /// When the file was complete.
    pub received_at: DateTime<Utc>,
    /// When every record was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// An earlier delivery of the same bytes to the same feed.
    pub repeat_of: Option<DeliveryId>,
    /// The version of the contract that judged it.
    pub contract_version: u32,
    /// The version of the profile it was read by; 0 where nobody noted it.
    pub profile_version: u32,
    /// What the gates made of its file; none of a replay, and none when it was refused first.
    pub gate: Option<Gate>,
    /// What became of it if a gate held it, or if somebody let it through beforehand.
    pub hold: Option<Hold>,
}

/// The milliseconds we took for a delivery: what passed from `received` to `decided`, less what
/// it waited for people.
pub fn latency_ms(received: DateTime<Utc>, decided: DateTime<Utc>, hold: Option<&Hold>) -> u64 {
    let waited = hold.map(Hold::waited).unwrap_or_default();
    u64::try_from((decided - received - waited).num_milliseconds()).unwrap_or(0)
}

impl Delivery {
    /// Received to decided, in milliseconds, without the time that it was held and waited for
    /// somebody; none until decided.
    pub fn latency_ms(&self) -> Option<u64> {
        Some(latency_ms(self.received_at, self.decided_at?, self.hold.as_ref()))
    }

    /// Whether it is dated into the future, by more than clocks of two machines differ. Other
    /// systems' clocks may go ahead; such an entry counts when its time has come.
    pub fn is_ahead(&self, now: DateTime<Utc>) -> bool {
        self.received_at - now > TimeDelta::minutes(1)
    }

    /// Whether a gate holds it and nobody has ruled on that yet.
    pub fn is_waiting(&self) -> bool {
        self.hold
            .as_ref()
            .is_some_and(|hold| hold.stage == Stage::Waiting)
    }

    /// Records not yet decided: all that were received while it is being processed.
    pub fn in_flight(&self) -> u64 {
        match self.status {
            Status::Processing => {
                let c = &self.counts;
                c.received
                    .saturating_sub(c.accepted + c.unchanged + c.quarantined)
            }
            Status::Queued | Status::Accepted | Status::Held | Status::Refused => 0,
        }
    }
}
