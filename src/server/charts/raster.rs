//! Turns a picture that stands alone into pixels, with letters that come with the program, so that
//! it looks the same on a machine without any.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, Options, Tree, fontdb};
use std::sync::{Arc, LazyLock};

/// The one face that there is.
const FACE: &str = "DejaVu Sans";

/// Why there are no pixels.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no picture.
    #[error("the picture cannot be read: {0}")]
    Unreadable(#[from] usvg::Error),
    /// It is too large, or nothing.
    #[error("a picture of {0} × {1} pixels cannot be drawn")]
    Size(u32, u32),
    /// The pixels cannot be written.
    #[error("the picture cannot be written: {0}")]
    Unwritten(String),
}

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(dejavu::sans::regular().to_vec());
    fonts.set_sans_serif_family(FACE);
    Arc::new(fonts)
});

/// The picture as PNG, one pixel a unit: twice as large as the file shows itself. It takes tens of
/// milliseconds, so call it where nobody else waits.
pub fn png(svg: &str) -> Result<Vec<u8>, Error> {
    let options = Options {
        font_family: FACE.to_owned(),
        fontdb: Arc::clone(&FONTS),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options)?;
    let size = tree.size().to_int_size();
    let (width, height) = (size.width() * 2, size.height() * 2);
    let mut pixels = Pixmap::new(width, height).ok_or(Error::Size(width, height))?;
    resvg::render(&tree, Transform::from_scale(2.0, 2.0), &mut pixels.as_mut());
    pixels
        .encode_png()
        .map_err(|error| Error::Unwritten(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_its_shapes_and_letters_without_any_font_of_the_system() {
        let svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 80 40' width='40' height='20'>\
                   <rect width='80' height='40' fill='#fff'/><rect width='10' height='40' fill='#c2410c'/>\
                   <text x='20' y='30' font-family='sans-serif' font-size='28'>W</text></svg>";
        let pixels = Pixmap::decode_png(&png(svg).expect("a picture")).expect("a PNG");
        assert_eq!((pixels.width(), pixels.height()), (80, 40));
        let at = |x, y| {
            let colour = pixels.pixel(x, y).expect("a pixel").demultiply();
            (colour.red(), colour.green(), colour.blue())
        };
        assert_eq!(at(5, 20), (0xc2, 0x41, 0x0c));
        let dark = (20..50).filter(|x| (8..32).any(|y| at(*x, y).0 < 100)).count();
        assert!(dark > 8, "the letter is drawn: {dark}");
        assert!(matches!(png("<p>"), Err(Error::Unreadable(_))));
    }
}
