//! Makes a picture that stands alone of one that stands in a page: with its title, its legend and
//! its own colours, and without links, which lead nowhere from a file.
//!
//! Four units are two pixels where the file is shown at its own size. Widths of strokes are in
//! units, so that the picture looks the same at any size and whoever draws it.

use super::canvas::{HEIGHT, WIDTH};
use crate::domain::chart::{Chart, Series};
use crate::domain::format::escape;
use std::fmt::Write as _;

/// What the page's style sheet says of a chart in the light, in a file's own words.
pub(super) const STYLE: &str = ".ground{fill:#fff}\
.grid,.base,.outline,.limit,.rate,.p50,.p95,.p99,.before{fill:none;stroke-width:2.5}\
.grid{stroke:#dfe3e8}.base{stroke:#8a94a3}.accepted{fill:#2a6fbb}.unchanged{fill:#8a94a3}\
.quarantined{fill:#c2410c}.hatch{fill:#fff;opacity:.6}.outline{stroke:#8a94a3}\
.limit{stroke:#c4261d;stroke-dasharray:14 10}.rate,.p50,.p95,.p99{stroke-width:4.5;stroke-linejoin:round}\
.rate{stroke:#c2410c}.p50{stroke:#2a6fbb}.p95{stroke:#7c4dbe;stroke-dasharray:14 8}\
.p99{stroke:#57606a;stroke-dasharray:5 8}.before{stroke:#161b22;stroke-dasharray:10 8;opacity:.7}\
.expected{fill:#8a94a3;opacity:.3}circle{stroke:none}circle.rate{fill:#c2410c}circle.p50{fill:#2a6fbb}\
circle.p95{fill:#7c4dbe}circle.p99{fill:#57606a}circle.before{fill:#161b22}\
text{fill:#57606a;stroke:#fff;stroke-width:12;stroke-linejoin:round;paint-order:stroke;\
font-family:sans-serif;font-size:44px}text.word{fill:#161b22}text.title{fill:#161b22;font-size:60px}\
.event{fill:#161b22}.stem{fill:none;stroke:#161b22;stroke-width:2;opacity:.35}\
text.p50{fill:#2a6fbb}text.p95{fill:#7c4dbe}text.p99{fill:#57606a}\
text.p50,text.p95,text.p99{stroke:#fff;stroke-width:12;stroke-dasharray:none}";

/// Room around the plot: for its figures at the left, for the names of lines at the right.
const LEFT: u32 = 200;
const RIGHT: u32 = 130;
/// Around everything.
pub(super) const MARGIN: u32 = 48;
/// A line of text.
pub(super) const LINE: u32 = 64;

/// The same picture as a file of its own. `note` says below it what the reader of a page sees
/// around it: whose figures they are, and of which time.
pub fn alone(chart: &Chart, note: &str) -> String {
    let width = LEFT + WIDTH + RIGHT;
    let (legend, rows) = legend(&chart.legend, width);
    let top = MARGIN + LINE * (2 + rows);
    let height = top + HEIGHT + LINE + MARGIN / 2;
    format!(
        "{}{}<text x='{MARGIN}' y='{}'>{}</text>{legend}<g transform='translate({LEFT} {top})'>{}</g>\
         <text x='{MARGIN}' y='{}'>{}</text></svg>",
        open(width, height, &format!("{}, {}", chart.title, chart.subtitle)),
        title(&chart.title),
        MARGIN + LINE + 44,
        escape(&chart.subtitle),
        drawn(&chart.svg),
        height - MARGIN,
        escape(note),
    )
}

/// The beginning of a file: its size, what it says of itself, its colours and its ground.
pub(super) fn open(width: u32, height: u32, label: &str) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{}' height='{}' role='img' \
         aria-label='{}'><style>{STYLE}</style><rect class='ground' width='{width}' height='{height}'/>",
        width / 2,
        height / 2,
        escape(label),
    )
}

/// What it is, in large letters.
pub(super) fn title(title: &str) -> String {
    format!(
        "<text class='title' x='{MARGIN}' y='{}'>{}</text>",
        MARGIN + 48,
        escape(title)
    )
}

/// What is drawn of a picture: without its own frame, and without the links on top.
fn drawn(svg: &str) -> &str {
    let inside = svg.split_once('>').map_or("", |(_, inside)| inside);
    let drawn = inside.split("<a ").next().unwrap_or_default();
    drawn.strip_suffix("</svg>").unwrap_or(drawn)
}

/// What the shapes mean, one after the other, and how many lines that takes.
fn legend(series: &[Series], width: u32) -> (String, u32) {
    let mut out = String::new();
    let (mut x, mut row) = (MARGIN, 0);
    for Series { key, name, figure } in series {
        let words = format!("{name} {figure}");
        // Nobody has measured the text; no letter of a usual face is wider than this on average.
        let long = 84 + 25 * u32::try_from(words.chars().count()).unwrap_or(0);
        if x > MARGIN && x + long > width - MARGIN {
            (x, row) = (MARGIN, row + 1);
        }
        let y = MARGIN + LINE * (2 + row) + 28;
        let _ = match key.as_str() {
            "accepted" | "unchanged" | "quarantined" | "expected" => {
                write!(
                    out,
                    "<rect class='{key}' x='{x}' y='{}' width='44' height='32'/>",
                    y - 32
                )
            }
            _ => write!(out, "<path class='{}' d='M{x} {}h48'/>", escape(key), y - 15),
        };
        let _ = write!(
            out,
            "<text x='{}' y='{y}'>{}</text>",
            x + 60,
            escape(words.trim_end()),
        );
        x += long + 24;
    }
    (out, if series.is_empty() { 0 } else { row + 1 })
}
