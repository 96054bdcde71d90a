//! Draws the charts: rollups in, one SVG and its table twin out.
//!
//! In a file of its own a chart also has its title and its legend (`alone`), and `raster` makes
//! pixels of that.
//!
//! Each chart is one file that turns buckets into marks; [`canvas`] draws marks with plotters, and
//! [`sheet`] writes what plotters draws, with class names in the place of colours, so that one drawing
//! serves light, dark and print; [`axis`] chooses ticks where people would. Which figures a range has is the
//! store's business, how a chart looks is the style sheet's (`style/40-charts.css`). [`kept`] hands out
//! again what was drawn of the same figures.
//!
//! To add a chart: a file with one function from buckets and their frame to
//! [`Chart`](crate::domain::chart::Chart), its inks in [`canvas::Ink`], and a line below.

mod alone;
mod axis;
mod canvas;
mod expected;
mod frame;
mod heat;
mod kept;
mod latency;
mod raster;
mod rejection;
mod sheet;
#[cfg(test)]
mod tests;
mod volume;

pub use alone::alone;
pub use expected::{DAYS_BACK, History};
pub use frame::{Before, Frame};
pub use heat::heat;
pub use kept::Kept;
pub use raster::{Error, png};

use crate::api::overview::Charts;
use frame::Bucket;

/// All three charts of a range, drawn anew.
fn all(buckets: &[Bucket], frame: &Frame) -> Charts {
    Charts {
        volume: volume::volume(buckets, frame),
        rejection: rejection::rejection(buckets, frame),
        latency: latency::latency(buckets, frame),
    }
}
