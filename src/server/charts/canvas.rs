//! Draws marks with plotters, and lays links over them.
//!
//! plotters draws in colours. We give it colours that stand for an [`Ink`], in the place of which
//! [`Sheet`] writes the ink's class. What is written beside the plot, the
//! figures of its lines at the left and their names at the right, lies outside the picture's own
//! box: whoever shows it leaves room, as wide as text is there, for the style sheet enlarges text
//! where the chart is shown small.

use super::sheet::Sheet;
use crate::domain::format::escape;
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::convert::Infallible;
use std::fmt::Write as _;

/// The picture's size. Four units are one CSS pixel on a laptop's screen: plotters draws on
/// whole units, and a bar must not.
pub(super) const WIDTH: u32 = 2240;
pub(super) const HEIGHT: u32 = 840;
/// Above the plot: what is written over its highest line.
const TOP: u32 = 80;
/// Below the plot: the times.
const BOTTOM: u32 = 104;

/// What a mark is drawn with; its look is in the style sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Grid,
    Base,
    Figure,
    FigureBetween,
    Time,
    TimeBetween,
    Word,
    Accepted,
    Unchanged,
    Quarantined,
    Outline,
    /// Hatching over a bucket that is still filling.
    SoFar,
    Rate,
    Limit,
    P50,
    P95,
    P99,
    /// What is compared with.
    Before,
    /// What is to be expected.
    Expected,
}

impl Ink {
    const ALL: [(Self, &str); 19] = [
        (Self::Grid, "grid"),
        (Self::Base, "base"),
        (Self::Figure, "figure"),
        (Self::FigureBetween, "figure between"),
        (Self::Time, "time"),
        (Self::TimeBetween, "time between"),
        (Self::Word, "word"),
        (Self::Accepted, "accepted"),
        (Self::Unchanged, "unchanged"),
        (Self::Quarantined, "quarantined"),
        (Self::Outline, "outline"),
        (Self::SoFar, "so-far"),
        (Self::Rate, "rate"),
        (Self::Limit, "limit"),
        (Self::P50, "p50"),
        (Self::P95, "p95"),
        (Self::P99, "p99"),
        (Self::Before, "before"),
        (Self::Expected, "expected"),
    ];

    pub fn class(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(ink, _)| *ink == self)
            .map_or("", |(_, class)| class)
    }

    /// The colour that stands for it.
    fn colour(self) -> RGBColor {
        let place = Self::ALL.iter().position(|(ink, _)| *ink == self).unwrap_or(0);
        RGBColor(254, 237, u8::try_from(place).unwrap_or(0))
    }

    /// The ink that a colour stands for.
    pub fn of(colour: (u8, u8, u8)) -> Option<Self> {
        let (254, 237, place) = colour else { return None };
        Self::ALL.get(usize::from(place)).map(|(ink, _)| *ink)
    }
}

/// Where a text stands, seen from its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// Under it, centred.
    Below,
    /// Under it, beginning there.
    BelowRight,
    /// Under it, ending there.
    BelowLeft,
    /// Left of it.
    Left,
    /// Right of it.
    Right,
    /// Centred on it.
    Middle,
}

/// One thing to draw: x in buckets, y in the axis' unit.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mark {
    /// A filled rectangle.
    Bar { ink: Ink, x: (f64, f64), y: (f64, f64) },
    /// A line through points.
    Line { ink: Ink, points: Vec<(f64, f64)> },
    /// A filled shape.
    Area { ink: Ink, points: Vec<(f64, f64)> },
    /// A dot.
    Dot { ink: Ink, x: f64, y: f64 },
    /// A faint line across, all the way.
    Across { ink: Ink, y: f64 },
    /// A short line under the plot.
    Tick { x: f64 },
    /// A text.
    Text {
        ink: Ink,
        x: f64,
        y: f64,
        anchor: Anchor,
        text: String,
    },
}

impl Mark {
    /// Bars lie below what is to be expected of them, lines above both, and a text can be read
    /// wherever it stands.
    fn layer(&self) -> u8 {
        match self {
            Self::Across { .. } | Self::Tick { .. } => 0,
            Self::Bar { .. } => 1,
            Self::Area { .. } => 2,
            Self::Line { .. } | Self::Dot { .. } => 3,
            Self::Text { .. } => 4,
        }
    }
}

/// Where a bucket leads, and what it says when pointed at.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub href: String,
    pub title: String,
}

/// Something that happened, at the top edge.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// When, in buckets.
    pub x: f64,
    pub href: String,
    pub title: String,
}

/// A picture to draw.
pub(super) struct Picture<'a> {
    /// Tells it apart from the others on the page.
    pub name: &'a str,
    /// Says what it shows to those who do not see it.
    pub label: String,
    /// The top of its y axis.
    pub top: f64,
    /// What to draw; within a [`Mark::layer`], the lowest first.
    pub marks: Vec<Mark>,
    /// One per bucket.
    pub links: Vec<Link>,
    /// From left to right.
    pub events: Vec<Event>,
}

type Area<'a> = DrawingArea<Sheet<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Drawn = Result<(), DrawingAreaErrorKind<Infallible>>;

impl Picture<'_> {
    /// Draws it as one `<svg>` element.
    pub fn svg(&self) -> String {
        #[expect(clippy::cast_precision_loss, reason = "a few hundred buckets")]
        let slot = f64::from(WIDTH) / self.links.len().max(1) as f64;
        let height = HEIGHT - BOTTOM;
        let mut out = String::with_capacity(16_000 + self.links.len() * 320);
        self.open(slot, height, &mut out);
        let drawn = out.len();
        let root = Sheet::over(&mut out, self.name, (WIDTH, HEIGHT)).into_drawing_area();
        let done = self.draw(&root);
        drop(root);
        // Drawing into a string cannot fail; if it did, the table twin still has the figures.
        if done.is_err() {
            out.truncate(drawn);
        }
        self.stems(slot, height, &mut out);
        self.lay_links(slot, &mut out);
        out.push_str("</svg>");
        out
    }

    #[expect(clippy::cast_precision_loss, reason = "a few hundred buckets")]
    fn draw(&self, root: &DrawingArea<Sheet<'_>, Shift>) -> Drawn {
        let mut chart = ChartBuilder::on(root)
            .margin_top(TOP)
            .margin_bottom(BOTTOM)
            .build_cartesian_2d(0.0..self.links.len().max(1) as f64, 0.0..self.top)?;
        let area = chart.plotting_area().clone();
        let mut marks: Vec<_> = self.marks.iter().collect();
        marks.sort_by_key(|mark| mark.layer());
        for mark in marks {
            match mark {
                // A mark with many points goes through the chart, as a series.
                Mark::Line { ink, points } => {
                    chart.draw_series(LineSeries::new(points.iter().copied(), ink.colour()))?;
                }
                other => one(&area, other, self.links.len().max(1) as f64)?,
            }
        }
        root.present()
    }

    /// The beginning of the element, and what is drawn again and again.
    fn open(&self, slot: f64, height: u32, out: &mut String) {
        let name = self.name;
        let _ = write!(
            out,
            "<svg xmlns='http://www.w3.org/2000/svg' class='plot {name}' viewBox='0 0 {WIDTH} {HEIGHT}' \
             role='group' aria-label='{}'><defs><pattern id='so-far-{name}' width='20' height='20' \
             patternUnits='userSpaceOnUse' patternTransform='rotate(45)'><path class='hatch' \
             d='M0 0h10v20h-10z'/></pattern><path id='hit-{name}' d='M0 0h{slot:.1}v{height}H0z'/></defs>",
            escape(&self.label),
        );
    }

    /// A place to click for each bucket, and over them for each event.
    fn lay_links(&self, slot: f64, out: &mut String) {
        let name = self.name;
        // Out of the tab order: the table twin has the same links, one after the other.
        for (i, link) in (0u32..).zip(&self.links) {
            let _ = write!(
                out,
                "<a href='{}' tabindex='-1'><use href='#hit-{name}' x='{:.0}'/><title>{}</title></a>",
                escape(&link.href),
                f64::from(i) * slot,
                escape(&link.title),
            );
        }
        // Over the buckets, and as large as a finger needs.
        for event in &self.events {
            let _ = write!(
                out,
                "<a class='event' href='{}' tabindex='-1'><rect x='{:.0}' width='96' height='96'/><title>{}</title></a>",
                escape(&event.href),
                event.x * slot - 48.0,
                escape(&event.title),
            );
        }
    }

    /// A small mark for each event, and a faint line below it.
    fn stems(&self, slot: f64, height: u32, out: &mut String) {
        if self.events.is_empty() {
            return;
        }
        let (mut marks, mut stems) = (String::new(), String::new());
        for event in &self.events {
            let x = event.x * slot;
            let _ = write!(marks, "M{:.0} 24h36l-18 32z", x - 18.0);
            let _ = write!(stems, "M{x:.0} 56V{height}");
        }
        let _ = write!(
            out,
            "<path class='stem' d='{stems}'/><path class='event' d='{marks}'/>"
        );
    }
}

fn one(area: &Area<'_>, mark: &Mark, width: f64) -> Drawn {
    match mark {
        Mark::Bar { ink, x, y } => {
            area.draw(&Rectangle::new([(x.0, y.0), (x.1, y.1)], ink.colour().filled()))
        }
        Mark::Across { ink, y } => area.draw(&PathElement::new([(0.0, *y), (width, *y)], ink.colour())),
        Mark::Tick { x } => area
            .draw(&(EmptyElement::at((*x, 0.0)) + PathElement::new([(0, 0), (0, 16)], Ink::Base.colour()))),
        Mark::Area { ink, points } => area.draw(&Polygon::new(points.clone(), ink.colour().filled())),
        Mark::Dot { ink, x, y } => area.draw(&Circle::new((*x, *y), 12, ink.colour().filled())),
        Mark::Text {
            ink,
            x,
            y,
            anchor,
            text,
        } => {
            let (h, v, dx, dy) = match anchor {
                Anchor::Below => (HPos::Center, VPos::Top, 0, 24),
                Anchor::BelowRight => (HPos::Left, VPos::Top, 0, 24),
                Anchor::BelowLeft => (HPos::Right, VPos::Top, 0, 24),
                Anchor::Left => (HPos::Right, VPos::Center, -16, 0),
                Anchor::Right => (HPos::Left, VPos::Center, 16, 0),
                Anchor::Middle => (HPos::Center, VPos::Center, 0, 0),
            };
            let colour = ink.colour();
            let style = TextStyle::from(("sans-serif", 48).into_font())
                .color(&colour)
                .pos(Pos::new(h, v));
            area.draw(&(EmptyElement::at((*x, *y)) + Text::new(text.clone(), (dx, dy), style)))
        }
        Mark::Line { .. } => Ok(()),
    }
}

/// The y axis: a line and a figure at each step.
pub(super) fn figures(scale: super::axis::Scale, write: impl Fn(f64) -> String, marks: &mut Vec<Mark>) {
    marks.extend(scale.lines().map(|y| Mark::Across { ink: Ink::Grid, y }));
    marks.push(Mark::Across {
        ink: Ink::Base,
        y: 0.0,
    });
    marks.extend(scale.lines().enumerate().map(|(i, y)| Mark::Text {
        // Every other one gives way where the chart is small.
        ink: if i % 2 == 0 {
            Ink::FigureBetween
        } else {
            Ink::Figure
        },
        x: 0.0,
        y,
        anchor: Anchor::Left,
        text: write(y),
    }));
}

/// Says that there is nothing to see.
pub(super) fn nothing(buckets: usize, scale: super::axis::Scale, text: &str) -> Mark {
    #[expect(clippy::cast_precision_loss, reason = "a few hundred buckets")]
    let middle = buckets as f64 / 2.0;
    Mark::Text {
        ink: Ink::Word,
        x: middle,
        y: scale.top / 2.0,
        anchor: Anchor::Middle,
        text: text.to_owned(),
    }
}

/// A line with gaps: a stroke through each run of points, a dot for a point that stands alone.
pub(super) fn runs(ink: Ink, points: impl Iterator<Item = Option<(f64, f64)>>, marks: &mut Vec<Mark>) {
    let mut run = Vec::new();
    for point in points.chain([None]) {
        match (point, run.len()) {
            (Some(point), _) => run.push(point),
            (None, 0) => {}
            (None, 1) => {
                let (x, y) = run[0];
                marks.push(Mark::Dot { ink, x, y });
                run.clear();
            }
            (None, _) => marks.push(Mark::Line {
                ink,
                points: std::mem::take(&mut run),
            }),
        }
    }
}
