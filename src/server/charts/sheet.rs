//! Writes what plotters draws as SVG for a page: classes in the place of colours, and neighbouring
//! shapes of one ink as one path, which makes a chart a third of the size.
//!
//! It is a backend of plotters. It draws with inks alone ([`Ink::of`]): a shape in any other colour
//! is left out.

use super::canvas::Ink;
use crate::domain::format::escape;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};
use std::convert::Infallible;
use std::fmt::Write as _;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// A sheet that is drawn on.
pub(super) struct Sheet<'a> {
    out: &'a mut String,
    name: &'a str,
    size: (u32, u32),
    run: Option<(Ink, Shapes)>,
}

impl<'a> Sheet<'a> {
    /// Draws behind what is written already, for a picture of this name and size.
    pub fn over(out: &'a mut String, name: &'a str, size: (u32, u32)) -> Self {
        Self {
            out,
            name,
            size,
            run: None,
        }
    }

    /// The path that shapes of an ink are added to.
    fn shapes(&mut self, ink: Ink) -> &mut Shapes {
        if self.run.as_ref().is_some_and(|(of, _)| *of != ink) {
            self.end_run();
        }
        let (_, shapes) = self.run.get_or_insert_with(|| (ink, Shapes::default()));
        shapes
    }

    /// Writes the path that was drawn so far.
    fn end_run(&mut self) {
        let Some((ink, mut shapes)) = self.run.take() else {
            return;
        };
        shapes.close();
        let (class, name, path) = (ink.class(), self.name, shapes.path);
        let _ = match ink {
            Ink::SoFar => write!(
                self.out,
                "<path class='{class}' fill='url(#so-far-{name})' d='{path}'/>"
            ),
            _ => write!(self.out, "<path class='{class}' d='{path}'/>"),
        };
    }

    fn stroke(&mut self, colour: BackendColor, points: impl IntoIterator<Item = BackendCoord>, end: &str) {
        if let Some(ink) = Ink::of(colour.rgb) {
            let shapes = self.shapes(ink);
            shapes.close();
            shapes.stroke(points);
            shapes.path.push_str(end);
        }
    }
}

impl DrawingBackend for Sheet<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        self.end_run();
        Ok(())
    }

    fn draw_pixel(&mut self, point: BackendCoord, colour: BackendColor) -> Drawn {
        let (x, y) = point;
        self.draw_rect(point, (x + 1, y + 1), &colour, true)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, foot): BackendCoord,
        style: &S,
        _: bool,
    ) -> Drawn {
        if let Some(ink) = Ink::of(style.color().rgb) {
            self.shapes(ink).bar((left, top), (right, foot));
        }
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        self.stroke(style.color(), path, "");
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        self.stroke(style.color(), path, "z");
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        style: &S,
        _: bool,
    ) -> Drawn {
        self.end_run();
        if let Some(ink) = Ink::of(style.color().rgb) {
            let class = ink.class();
            let _ = write!(
                self.out,
                "<circle class='{class}' cx='{x}' cy='{y}' r='{radius}'/>"
            );
        }
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Drawn {
        self.end_run();
        let Some(ink) = Ink::of(style.color().rgb) else {
            return Ok(());
        };
        let anchor = match style.anchor().h_pos {
            HPos::Left => "start",
            HPos::Right => "end",
            HPos::Center => "middle",
        };
        // As far down as the letters of the usual fonts are high.
        let down = match style.anchor().v_pos {
            VPos::Top => "0.76em",
            VPos::Center => "0.5ex",
            VPos::Bottom => "-0.5ex",
        };
        let _ = write!(
            self.out,
            "<text class='{}' x='{x}' y='{y}' dy='{down}' text-anchor='{anchor}'>{}</text>",
            ink.class(),
            escape(text)
        );
        Ok(())
    }
}

/// Shapes of one ink as one path.
#[derive(Default)]
struct Shapes {
    path: String,
    /// The right edge and the foot of bars that touch one another, and are one shape so far.
    open: Option<BackendCoord>,
}

impl Shapes {
    /// Adds a bar. One that stands beside the last is written as a step of it: a year of bars is
    /// half as long that way.
    fn bar(&mut self, (left, top): BackendCoord, (right, foot): BackendCoord) {
        if self.open != Some((left, foot)) {
            self.close();
            let _ = write!(self.path, "M{left} {foot}");
        }
        let _ = write!(self.path, "V{top}h{}", right - left);
        self.open = Some((right, foot));
    }

    fn close(&mut self) {
        if let Some((_, foot)) = self.open.take() {
            let _ = write!(self.path, "V{foot}z");
        }
    }

    /// Writes a line through points, each seen from the one before it.
    fn stroke(&mut self, points: impl IntoIterator<Item = BackendCoord>) {
        let (path, mut last) = (&mut self.path, None);
        for (x, y) in points {
            let _ = match last {
                None => write!(path, "M{x} {y}"),
                Some((px, py)) if py == y => write!(path, "h{}", x - px),
                Some((px, py)) if px == x => write!(path, "v{}", y - py),
                Some((px, py)) if y < py => write!(path, "l{}{}", x - px, y - py),
                Some((px, py)) => write!(path, "l{} {}", x - px, y - py),
            };
            last = Some((x, y));
        }
    }
}
