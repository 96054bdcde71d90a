//! Invents what a partner sells, faults included, and writes it as a feed file.
//!
//! A product follows from its partner and its number; its price and availability also from the
//! version of the catalogue, so that the next file of a feed changes a few products and leaves
//! the rest as they were. Some products are faulty in every version, as they are in real life.

use super::cast::{Member, Trade};
use super::goods::{BRANDS, MODELS, goods, styles};
use super::history::seed;
use crate::domain::report::Format;
use quick_xml::escape::escape;
use std::io::{self, Write};

/// What is wrong with a product's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The GTIN's check digit is wrong.
    GtinCheck,
    /// The GTIN is of the range that shops use for themselves.
    GtinRestricted,
    /// The GTIN has lost digits.
    GtinLength,
    /// There is no description.
    NoDescription,
    /// There is no title.
    NoTitle,
    /// There is no picture.
    NoImage,
    /// The price is nothing.
    ZeroPrice,
    /// The price is a phrase.
    PhrasePrice,
    /// The availability is a word of the partner's own.
    OwnAvailability,
    /// The link has no scheme.
    BareLink,
}

/// One product as its partner describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Names and values, in the order of [`ATTRIBUTES`].
    values: [String; 12],
}

/// What every product of the demo says of itself.
pub const ATTRIBUTES: [&str; 12] = [
    "id",
    "title",
    "description",
    "link",
    "image_link",
    "availability",
    "price",
    "gtin",
    "brand",
    "mpn",
    "condition",
    "product_type",
];

impl Product {
    /// The value of an attribute; empty when it has none.
    pub fn get(&self, attribute: &str) -> &str {
        ATTRIBUTES
            .iter()
            .position(|name| *name == attribute)
            .map_or("", |at| &self.values[at])
    }

    fn set(&mut self, attribute: &str, value: impl Into<String>) {
        if let Some(at) = ATTRIBUTES.iter().position(|name| *name == attribute) {
            self.values[at] = value.into();
        }
    }
}

/// A partner's catalogue in one version.
#[derive(Debug, Clone, Copy)]
pub struct Catalogue<'a> {
    /// Whose it is.
    pub member: &'a Member,
    /// Counted up with every file.
    pub version: u64,
    /// How many of a thousand products are faulty.
    pub faulty: u64,
}

impl Catalogue<'_> {
    /// The product of that number.
    pub fn product(&self, number: u64) -> Product {
        let member = self.member;
        let goods = goods(member.trade);
        let dice = dice(member.slug, number, 0);
        let noun = pick(goods.nouns, dice);
        let brand = pick(&BRANDS, dice >> 8);
        let style = pick(styles(member.trade), dice >> 16);
        let model = pick(&MODELS, dice >> 24);
        let id = format!("{}-{number:05}", member.slug[..2].to_uppercase());
        let host = format!("www.{}.example", member.slug);
        let gtin = gtin13(goods.prefix * 1_000_000_000 + dice % 999_999_937);
        let price = self.price(number, goods.cents);
        let product = Product {
            values: [
                id.clone(),
                format!("{brand} {noun} {model} {style}"),
                format!(
                    "{noun} “{model}” by {brand}, {style}. {} Ships within two working days.",
                    pick(goods.praise, dice >> 32)
                ),
                format!("https://{host}/p/{number}"),
                format!("https://img.{}.example/{}/{number}.jpg", member.slug, dice % 97),
                self.availability(number).to_owned(),
                format!("{}.{:02} {}", price / 100, price % 100, member.currency),
                gtin,
                brand.to_owned(),
                format!("{}{:04}", &model[..2].to_uppercase(), dice % 9973),
                "new".to_owned(),
                goods.category.to_owned(),
            ],
        };
        match self.fault(number) {
            Some(fault) => with_fault(product, fault),
            None => product,
        }
    }

    /// What is wrong with the product of that number, in every version.
    pub fn fault(&self, number: u64) -> Option<Fault> {
        let dice = dice(self.member.slug, number, 1);
        let likely = match self.member.trade {
            Trade::Books | Trade::Music | Trade::Stationery => {
                [Fault::GtinCheck, Fault::NoDescription, Fault::NoImage]
            }
            Trade::Electronics | Trade::Tools | Trade::Lighting | Trade::Bikes => {
                [Fault::GtinRestricted, Fault::ZeroPrice, Fault::PhrasePrice]
            }
            Trade::Fashion | Trade::Shoes | Trade::Jewellery | Trade::Sports | Trade::Outdoor => {
                [Fault::NoImage, Fault::GtinLength, Fault::ZeroPrice]
            }
            Trade::Furniture | Trade::Kitchen | Trade::Garden => {
                [Fault::NoDescription, Fault::BareLink, Fault::GtinCheck]
            }
            Trade::Baby | Trade::Beauty | Trade::Pets | Trade::Toys => {
                [Fault::GtinCheck, Fault::OwnAvailability, Fault::NoTitle]
            }
        };
        (dice % 1000 < self.faulty).then(|| pick(&likely, dice >> 16))
    }

    /// The newest version, up to this one, in which this product changed.
    fn changed(&self, number: u64) -> u64 {
        let back = (0..20.min(self.version))
            .find(|back| dice(self.member.slug, number, 2 + self.version - back).is_multiple_of(16));
        back.map_or(0, |back| self.version - back)
    }

    fn price(&self, number: u64, (low, high): (u64, u64)) -> u64 {
        let base = low + dice(self.member.slug, number, 0) / 7 % (high - low);
        // Up to a tenth more or less than when the product was new.
        let percent = 90 + dice(self.member.slug, number, 2 + self.changed(number)) / 16 % 21;
        let factor = match self.member.currency {
            "CZK" => 2500,
            "DKK" => 750,
            "GBP" => 86,
            "HUF" => 39_000,
            "NOK" => 1170,
            "PLN" => 430,
            "RON" => 500,
            "SEK" => 1140,
            _ => 100,
        };
        let cents = base * percent / 100 * factor / 100;
        // Prices end in 90 cents or in nothing, as prices do.
        if factor > 400 {
            cents / 1000 * 1000 + 900
        } else {
            cents / 100 * 100 + 90
        }
    }

    fn availability(&self, number: u64) -> &'static str {
        match dice(self.member.slug, number, 2 + self.changed(number)) % 100 {
            0..=13 => "out_of_stock",
            _ => "in_stock",
        }
    }
}

fn with_fault(mut product: Product, fault: Fault) -> Product {
    match fault {
        Fault::GtinCheck => {
            let gtin = product.get("gtin").to_owned();
            let last = gtin.bytes().last().map_or(0, |digit| digit - b'0');
            product.set("gtin", format!("{}{}", &gtin[..12], (last + 3) % 10));
        }
        Fault::GtinRestricted => {
            let digits = product.get("gtin")[2..12].parse::<u64>().unwrap_or(0);
            product.set("gtin", gtin13(200_000_000_000 + digits));
        }
        Fault::GtinLength => {
            let short = product.get("gtin")[..9].to_owned();
            product.set("gtin", short);
        }
        Fault::NoDescription => product.set("description", ""),
        Fault::NoTitle => product.set("title", ""),
        Fault::NoImage => product.set("image_link", ""),
        Fault::ZeroPrice => {
            let currency = product
                .get("price")
                .split(' ')
                .nth(1)
                .unwrap_or_default()
                .to_owned();
            product.set("price", format!("0.00 {currency}"));
        }
        Fault::PhrasePrice => {
            let price = format!("from {}", product.get("price"));
            product.set("price", price);
        }
        Fault::OwnAvailability => product.set("availability", "ask in the shop"),
        Fault::BareLink => {
            let bare = product.get("link").trim_start_matches("https://").to_owned();
            product.set("link", bare);
        }
    }
    product
}

/// Writes products as a feed file in one of the formats that the demo's partners use.
pub fn write(
    out: &mut impl Write,
    format: Format,
    member: &Member,
    products: impl Iterator<Item = Product>,
) -> io::Result<()> {
    match format {
        Format::Rss => write_rss(out, member, products),
        Format::Atom => write_atom(out, member, products),
        Format::Tsv => write_table(out, b'\t', products),
        _ => write_table(out, b',', products),
    }
}

fn write_table(
    out: &mut impl Write,
    delimiter: u8,
    products: impl Iterator<Item = Product>,
) -> io::Result<()> {
    let mut table = csv::WriterBuilder::new().delimiter(delimiter).from_writer(out);
    table.write_record(ATTRIBUTES)?;
    for product in products {
        table.write_record(&product.values)?;
    }
    table.flush()
}

fn write_rss(
    out: &mut impl Write,
    member: &Member,
    products: impl Iterator<Item = Product>,
) -> io::Result<()> {
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">"#
    )?;
    writeln!(out, "<channel>")?;
    writeln!(out, "  <title>{}</title>", escape(member.name))?;
    writeln!(out, "  <link>https://www.{}.example/</link>", member.slug)?;
    for product in products {
        writeln!(out, "  <item>")?;
        write_elements(out, &product, "    ")?;
        writeln!(out, "  </item>")?;
    }
    writeln!(out, "</channel>")?;
    writeln!(out, "</rss>")
}

fn write_atom(
    out: &mut impl Write,
    member: &Member,
    products: impl Iterator<Item = Product>,
) -> io::Result<()> {
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">"#
    )?;
    writeln!(out, "  <title>{}</title>", escape(member.name))?;
    for product in products {
        writeln!(out, "  <entry>")?;
        write_elements(out, &product, "    ")?;
        writeln!(out, "  </entry>")?;
    }
    writeln!(out, "</feed>")
}

fn write_elements(out: &mut impl Write, product: &Product, indent: &str) -> io::Result<()> {
    for (name, value) in ATTRIBUTES
        .iter()
        .zip(&product.values)
        .filter(|(_, value)| !value.is_empty())
    {
        writeln!(out, "{indent}<g:{name}>{}</g:{name}>", escape(value.as_str()))?;
    }
    Ok(())
}

/// Appends the check digit to twelve digits.
fn gtin13(twelve: u64) -> String {
    let digits = format!("{twelve:012}");
    let sum: u32 = digits
        .bytes()
        .zip([1, 3].into_iter().cycle())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

/// A number that follows from a product and a purpose, and looks like chance (splitmix64).
fn dice(slug: &str, number: u64, purpose: u64) -> u64 {
    let mut z = seed(slug)
        .wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
        .wrapping_add(purpose.wrapping_mul(0xd1b5_4a32_d192_ed03));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn pick<T: Copy>(from: &[T], dice: u64) -> T {
    let at = usize::try_from(dice % from.len() as u64).unwrap_or(0);
    from[at]
}

#[cfg(test)]
mod tests {
    use super::super::cast::CAST;
    use super::*;

    fn catalogue(version: u64) -> Catalogue<'static> {
        Catalogue {
            member: &CAST[2],
            version,
            faulty: 40,
        }
    }

    #[test]
    fn the_check_digit_is_that_of_the_standard() {
        assert_eq!(gtin13(400_638_133_393), "4006381333931");
        assert_eq!(gtin13(978_030_640_615), "9780306406157");
    }

    #[test]
    fn the_next_version_changes_a_few_products() {
        let changed = (0..640)
            .filter(|n| catalogue(7).product(*n) != catalogue(8).product(*n))
            .count();
        assert!((10..100).contains(&changed), "{changed} changed");
        let faulty = (0..640).filter(|n| catalogue(7).fault(*n).is_some()).count();
        assert!((10..50).contains(&faulty), "{faulty} faulty");
    }

    #[test]
    fn a_feed_has_a_record_for_every_product() {
        for (format, record) in [
            (Format::Csv, "\nKA-"),
            (Format::Tsv, "\nKA-"),
            (Format::Rss, "<item>"),
            (Format::Atom, "<entry>"),
        ] {
            let mut out = Vec::new();
            let products = (0..100).map(|n| catalogue(1).product(n));
            write(&mut out, format, &CAST[2], products).expect("writes to memory");
            let text = String::from_utf8(out).expect("UTF-8");
            assert_eq!(text.matches(record).count(), 100, "{format:?}");
        }
    }
}
