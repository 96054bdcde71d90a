//! Carries a drawn chart to a page: the picture and the same figures as a table.
//!
//! The picture is SVG drawn by the server (`server::charts`); pages only place it. Colours in
//! it are the style sheet's custom properties, so one drawing serves light and dark.

use serde::{Deserialize, Serialize};

/// One chart and its table twin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chart {
    /// Tells it apart from the others in addresses: `volume`.
    pub name: String,
    /// The question it answers, such as “Rejected, % of received”.
    pub title: String,
    /// Unit, bucket and time zone.
    pub subtitle: String,
    /// What its shapes mean, and what each adds up to over the whole range.
    pub legend: Vec<Series>,
    /// The picture: one `<svg>` element whose buckets are links.
    pub svg: String,
    /// Heads of the table's columns after the first, which is the time.
    pub columns: Vec<String>,
    /// The table's rows, oldest first; none unless the table was asked for.
    pub rows: Vec<ChartRow>,
}

/// One series of a chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// The class its shapes have in the picture, such as `accepted`.
    pub key: String,
    /// What it is called.
    pub name: String,
    /// Its figure over the whole range, written out.
    pub figure: String,
}

/// One bucket of a chart as a row of its table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartRow {
    /// The bucket's time as people read it.
    pub label: String,
    /// The deliveries behind it; none when there are none.
    pub href: Option<String>,
    /// The figures, written out, one per column.
    pub cells: Vec<String>,
}
