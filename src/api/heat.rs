//! Answers where and when it hurt: partners by time.

use crate::domain::ids::PartnerId;
use crate::domain::query::{Asked, Shown};
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the map shows of a partner and a time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Heat {
    /// Quarantined ÷ received.
    #[default]
    Rejected,
    /// Files that were expected and did not come, of those expected.
    Missing,
}

impl Heat {
    /// Every one with its word in addresses and its name.
    pub const ALL: [(Self, &'static str, &'static str); 2] = [
        (Self::Rejected, "rejected", "Rejected records"),
        (Self::Missing, "missing", "Missing files"),
    ];

    /// Reads the word; what is none is about rejected records.
    pub fn parse(word: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|(_, w, _)| *w == word)
            .map_or(Self::Rejected, |(heat, ..)| heat)
    }
}

impl Heat {
    /// A share as a cell has room for: whole percent from ten on.
    pub fn percent(share: f64) -> String {
        let percent = share * 100.0;
        if percent == 0.0 {
            "0".to_owned()
        } else if percent < 10.0 {
            format!("{percent:.1}")
        } else {
            format!("{percent:.0}")
        }
    }

    /// How hot a share is, 0 to 5; from 4 on somebody should act.
    pub fn level(share: f64) -> usize {
        [0.0, 0.005, 0.02, 0.05, 0.2]
            .iter()
            .filter(|limit| share > **limit)
            .count()
    }
}

/// One partner and one time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// The share, 0 to 1; none where there is nothing that it could be a share of.
    pub share: Option<f64>,
    /// What it is made of, in words.
    pub words: String,
    /// The time as a range, for its deliveries.
    pub range: String,
}

/// One partner over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeatRow {
    /// Its slug.
    pub id: PartnerId,
    /// What it is called.
    pub name: String,
    /// A cell per time, the oldest first.
    pub cells: Vec<Cell>,
}

/// The whole map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeatMap {
    /// The stretch of time that it is about.
    pub shown: Shown,
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// The times, as people read them.
    pub times: Vec<String>,
    /// The partners by name.
    pub rows: Vec<HeatRow>,
}

/// Reads the map of every partner in the caller's scope; `show` is a word of [`Heat`].
#[server(endpoint = "read_heat")]
pub async fn read_heat(
    #[server(default)] show: String,
    #[server(default)] asked: Asked,
) -> Result<HeatMap, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewAllPartners).await?;
            let state = context::state()?;
            desk::heat::read(&state, &viewer, Heat::parse(&show), &asked).await
        }
        .await,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_says_its_share_in_figures_and_in_colour() {
        let cells =
            [0.0, 0.004, 0.019, 0.042, 0.1, 0.5].map(|share| (Heat::percent(share), Heat::level(share)));
        let expected = [("0", 0), ("0.4", 1), ("1.9", 2), ("4.2", 3), ("10", 4), ("50", 5)];
        assert_eq!(cells, expected.map(|(text, level)| (text.to_owned(), level)));
    }
}
