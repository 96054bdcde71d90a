//! Draws the charts: rollups in, one SVG and its table twin out.
//!
//! Each chart is one file that turns buckets into marks; [`canvas`] draws marks with plotters and
//! rewrites what plotters says of colours into class names, so that one drawing serves light,
//! dark and print; [`axis`] chooses ticks where people would. Which figures a range has is the
//! store's business, how a chart looks is the style sheet's (`style/40-charts.css`).
//!
//! To add a chart: a file with one function from `(&[Rollup], &Frame)` to [`Chart`](crate::domain::chart::Chart), its inks in
//! [`canvas::Ink`], and a line below.

mod axis;
mod canvas;
mod frame;
mod latency;
mod rejection;
#[cfg(test)]
mod tests;
mod volume;

pub use frame::Frame;
pub use latency::latency;
pub use rejection::rejection;
pub use volume::volume;

use crate::api::overview::Charts;
use crate::domain::rollup::Rollup;

/// All three charts of a range. `rollups` may come in any order, with or without empty ones, and
/// finer than the frame's buckets.
pub fn all(rollups: &[Rollup], frame: &Frame) -> Charts {
    Charts {
        volume: volume(rollups, frame),
        rejection: rejection(rollups, frame),
        latency: latency(rollups, frame),
    }
}
