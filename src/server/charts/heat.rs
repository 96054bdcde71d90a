//! Draws the heat map as a file: a row per partner, a column per time, the share as colour and as
//! figure. In a page it is a table.

use super::alone::{self, LINE, MARGIN};
use crate::api::heat::{Cell, Heat, HeatMap};
use crate::domain::format::escape;
use std::fmt::Write as _;

/// A cell, and the column with the names.
const CELL: (u32, u32) = (74, 52);
const NAMES: u32 = 520;
/// Above the cells: their times, which stand on end.
const TIMES: u32 = 330;
/// Letters of a name that fit its column.
const LETTERS: usize = 20;

const STYLE: &str = "<style>text{stroke:none}text.figure{font-size:30px;fill:#161b22}text.time{font-size:36px}\
.h0{fill:#fff}.h1{fill:#fbf3ef}.h2{fill:#f5e0d8}.h3{fill:#efcdbf}.h4{fill:#e9b8a5}.h5{fill:#e2a58c}\
rect.cell{stroke:#dfe3e8;stroke-width:2}</style>";

/// The whole map. `note` says below it of which time it is.
pub fn heat(map: &HeatMap, heat: Heat, note: &str) -> String {
    let name = Heat::ALL
        .into_iter()
        .find(|(h, ..)| *h == heat)
        .map_or("", |(_, _, name)| name);
    let times = u32::try_from(map.times.len()).unwrap_or(0);
    let rows = u32::try_from(map.rows.len()).unwrap_or(0);
    let top = MARGIN + LINE + TIMES;
    let width = MARGIN * 2 + NAMES + CELL.0 * times.max(8);
    let height = top + CELL.1 * rows + LINE + MARGIN;
    let mut out = alone::open(width, height, &format!("{name}, %, by partner and time"));
    out.push_str(STYLE);
    out.push_str(&alone::title(&format!("{name}, %")));
    let left = MARGIN + NAMES;
    for (x, time) in (left..).step_by(CELL.0 as usize).zip(&map.times) {
        let _ = write!(
            out,
            "<text class='time' transform='translate({} {}) rotate(-90)'>{}</text>",
            x + CELL.0 / 2 + 12,
            top - 14,
            escape(time)
        );
    }
    for (y, row) in (top..).step_by(CELL.1 as usize).zip(&map.rows) {
        let short: String = row.name.chars().take(LETTERS).collect();
        let more = if row.name.chars().count() > LETTERS {
            "…"
        } else {
            ""
        };
        let _ = write!(
            out,
            "<text x='{MARGIN}' y='{}'>{}{more}</text>",
            y + 38,
            escape(&short)
        );
        for (x, cell) in (left..).step_by(CELL.0 as usize).zip(&row.cells) {
            draw(cell, (x, y), &mut out);
        }
    }
    let _ = write!(
        out,
        "<text x='{MARGIN}' y='{}'>{}</text></svg>",
        height - MARGIN,
        escape(note)
    );
    out
}

fn draw(cell: &Cell, (x, y): (u32, u32), out: &mut String) {
    let level = cell.share.map_or(0, Heat::level);
    let _ = write!(
        out,
        "<rect class='cell h{level}' x='{x}' y='{y}' width='{}' height='{}'/>",
        CELL.0, CELL.1
    );
    if let Some(share) = cell.share {
        let _ = write!(
            out,
            "<text class='figure' x='{}' y='{}' text-anchor='end'>{}</text>",
            x + CELL.0 - 8,
            y + 36,
            Heat::percent(share)
        );
    }
}
