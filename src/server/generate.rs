//! Writes feeds that look like a partner's, with a known share of known faults.
//!
//! The same seed writes the same bytes on every machine, so that a figure measured on a
//! generated feed can be measured again. A feed without faults passes without a word; with
//! faults, each faulty record breaks exactly one rule, and [`Written`] says how often which.

use std::collections::BTreeMap;
use std::io::{self, Write};

/// What to write.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Records in the feed.
    pub records: u64,
    /// Another seed, another catalogue.
    pub seed: u64,
    /// Share of the records that break a rule, from 0 to 1.
    pub faults: f64,
}

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Bytes of the feed.
    pub bytes: u64,
    /// Records that break the rule of each code.
    pub faults: BTreeMap<&'static str, u64>,
}

const HEADER: &str = "id,title,description,link,image_link,availability,price,sale_price,\
                      brand,gtin,mpn,condition,google_product_category,product_type,color,size,gender,age_group,\
                      material,item_group_id,shipping,custom_label_0\r\n";

const BRANDS: &[&str] = &[
    "Nordlicht",
    "Kessel & Co",
    "Aurelia",
    "Tramontana",
    "Birkfeld",
    "Oakhaven",
    "Lumière",
    "Salzmann",
];
const WORDS: &[&str] = &[
    "light",
    "classic",
    "waterproof",
    "quilted",
    "slim",
    "warm",
    "washable",
    "everyday",
];
const THINGS: &[(&str, &str)] = &[
    ("rain jacket", "Coats & Jackets"),
    ("wool sweater", "Shirts & Tops"),
    ("hiking trousers", "Pants"),
    ("linen shirt", "Shirts & Tops"),
    ("running shorts", "Shorts"),
    ("winter coat", "Coats & Jackets"),
    ("cotton dress", "Dresses"),
    ("denim skirt", "Skirts"),
];
const COLOURS: &[&str] = &[
    "Navy",
    "Moss green",
    "Charcoal",
    "Sand",
    "Burgundy",
    "Off-white",
    "Petrol",
];
const SIZES: [&str; 4] = ["S", "M", "L", "XL"];
const MATERIALS: &[&str] = &["Wool", "Cotton", "Linen", "Polyester", "Nylon"];
const GENDERS: &[&str] = &["female", "male", "unisex"];
const SENTENCES: &[&str] = &[
    "Cut with room to move, and lined where it matters.",
    "Two pockets with zips, one inside, all deep enough for a hand.",
    "Machine wash at 30 degrees, do not tumble dry.",
    "The seams are taped, the cuffs can be tightened with one hand.",
    "Made in small batches from certified fabric.",
    "Fits a 15\"\" tablet in the back pocket.",
    "It keeps its shape and its colour, wash after wash.",
];

/// `SplitMix64`: a few lines, and the same numbers for ever.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        let index = self.below(list.len() as u64);
        list[usize::try_from(index).unwrap_or(0)]
    }
}

/// How a record can be broken; each breaks the rule of its code and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    GtinCheck,
    GtinChars,
    PriceZero,
    PriceMissing,
    PriceFormat,
    TitleMissing,
    TitleCaps,
    DescriptionMissing,
    LinkUrl,
    ImageMissing,
    AvailabilityEnum,
    AvailabilityNormalised,
    IdDuplicate,
    Columns,
}

impl Fault {
    const ALL: [Self; 14] = [
        Self::GtinCheck,
        Self::GtinChars,
        Self::PriceZero,
        Self::PriceMissing,
        Self::PriceFormat,
        Self::TitleMissing,
        Self::TitleCaps,
        Self::DescriptionMissing,
        Self::LinkUrl,
        Self::ImageMissing,
        Self::AvailabilityEnum,
        Self::AvailabilityNormalised,
        Self::IdDuplicate,
        Self::Columns,
    ];

    fn code(self) -> &'static str {
        match self {
            Self::GtinCheck => "GTIN_CHECK",
            Self::GtinChars => "GTIN_CHARS",
            Self::PriceZero => "PRICE_ZERO",
            Self::PriceMissing => "PRICE_MISSING",
            Self::PriceFormat => "PRICE_FORMAT",
            Self::TitleMissing => "TITLE_MISSING",
            Self::TitleCaps => "TITLE_CAPS",
            Self::DescriptionMissing => "DESC_MISSING",
            Self::LinkUrl => "LINK_URL",
            Self::ImageMissing => "IMG_MISSING",
            Self::AvailabilityEnum => "AVAIL_ENUM",
            Self::AvailabilityNormalised => "AVAIL_NORMALISED",
            Self::IdDuplicate => "ID_DUPLICATE",
            Self::Columns => "FILE_COLUMNS",
        }
    }
}

/// What the four sizes of one product share.
struct Product {
    number: u64,
    brand: &'static str,
    word: &'static str,
    thing: &'static str,
    category: &'static str,
    colour: &'static str,
    material: &'static str,
    gender: &'static str,
    sentences: [&'static str; 2],
    cents: u64,
    is_on_sale: bool,
}

impl Product {
    fn new(number: u64, chance: &mut Chance) -> Self {
        let (thing, category) = chance.pick(THINGS);
        Self {
            number,
            brand: chance.pick(BRANDS),
            word: chance.pick(WORDS),
            thing,
            category,
            colour: chance.pick(COLOURS),
            material: chance.pick(MATERIALS),
            gender: chance.pick(GENDERS),
            sentences: [chance.pick(SENTENCES), chance.pick(SENTENCES)],
            cents: 999 + 100 * chance.below(240),
            is_on_sale: chance.below(5) == 0,
        }
    }
}

/// Writes the feed.
pub fn write(plan: &Plan, out: &mut impl Write) -> io::Result<Written> {
    let mut chance = Chance(plan.seed);
    let mut written = Written::default();
    let mut row = Vec::with_capacity(1024);
    row.extend_from_slice(HEADER.as_bytes());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a million"
    )]
    let share = (plan.faults.clamp(0.0, 1.0) * 1_000_000.0) as u64;
    let mut last_id = 0;
    let mut product = Product::new(0, &mut chance);
    for index in 0..plan.records {
        if index % 4 == 0 {
            product = Product::new(index / 4, &mut chance);
        }
        // The first record is sound, so that there is an id to repeat.
        let fault = (chance.below(1_000_000) < share && index > 0).then(|| chance.pick(&Fault::ALL));
        let id = if fault == Some(Fault::IdDuplicate) {
            last_id
        } else {
            index
        };
        if fault != Some(Fault::Columns) {
            // A row of a wrong shape has no id that another could repeat.
            last_id = id;
        }
        write_row(&mut row, index, id, &product, fault, &mut chance)?;
        if let Some(fault) = fault {
            *written.faults.entry(fault.code()).or_default() += 1;
        }
        if row.len() >= 64 << 10 {
            written.bytes += row.len() as u64;
            out.write_all(&row)?;
            row.clear();
        }
    }
    written.bytes += row.len() as u64;
    out.write_all(&row)?;
    out.flush()?;
    Ok(written)
}

fn write_row(
    row: &mut Vec<u8>,
    index: u64,
    id: u64,
    product: &Product,
    fault: Option<Fault>,
    chance: &mut Chance,
) -> io::Result<()> {
    let Product {
        number,
        brand,
        word,
        thing,
        category,
        colour,
        material,
        gender,
        ..
    } = product;
    let size = SIZES[usize::try_from(index % 4).unwrap_or(0)];
    write!(row, "SKU-{id:07},")?;
    match fault {
        Some(Fault::TitleMissing) => row.push(b','),
        Some(Fault::TitleCaps) => {
            write!(row, "{} {} {number},", brand.to_uppercase(), thing.to_uppercase())?;
        }
        _ => write!(row, "\"{brand} {word} {thing} {number}, {colour}, {size}\",")?,
    }
    if fault == Some(Fault::DescriptionMissing) {
        row.push(b',');
    } else {
        let [first, second] = product.sentences;
        write!(row, "\"A {word} {thing} by {brand}. {first} {second}\",")?;
    }
    let blank = if fault == Some(Fault::LinkUrl) { " " } else { "-" };
    write!(
        row,
        "https://shop.example/products/{number}{blank}{gender}?size={size}&sku={index},"
    )?;
    if fault == Some(Fault::ImageMissing) {
        row.push(b',');
    } else {
        write!(row, "https://img.shop.example/{}/{index}.jpg,", number % 100)?;
    }
    row.extend_from_slice(match fault {
        Some(Fault::AvailabilityEnum) => b"maybe,",
        Some(Fault::AvailabilityNormalised) => b"in stock,",
        _ if chance.below(10) == 0 => b"out_of_stock,",
        _ => b"in_stock,",
    });
    let (whole, cents) = (product.cents / 100, product.cents % 100);
    match fault {
        Some(Fault::PriceMissing) => row.extend_from_slice(b",,"),
        Some(Fault::PriceZero) => row.extend_from_slice(b"0.00 EUR,,"),
        Some(Fault::PriceFormat) => row.extend_from_slice(b"\"1.144,00 EUR\",,"),
        _ if product.is_on_sale => {
            let sale = product.cents * 4 / 5;
            write!(
                row,
                "{whole}.{cents:02} EUR,{}.{:02} EUR,",
                sale / 100,
                sale % 100
            )?;
        }
        _ => write!(row, "{whole}.{cents:02} EUR,,")?,
    }
    write!(row, "{brand},")?;
    // Prefixes 400 to 440 are given to makers; the number is the record's own.
    let stem = 400_000_000_000 + index % 39_000_000_000;
    let right = check_digit(stem);
    match fault {
        Some(Fault::GtinChars) => row.extend_from_slice(b"n/a,"),
        Some(Fault::GtinCheck) => write!(row, "{stem}{},", (right + 1) % 10)?,
        _ => write!(row, "{stem}{right},")?,
    }
    write!(
        row,
        "M{number}-{size},new,Apparel & Accessories > Clothing > {category},Clothing > {category},{colour},{size},\
         {gender},adult,{material},G{number},DE::Standard:4.90 EUR"
    )?;
    // A field less shifts nothing that comes before it.
    let label = if index.is_multiple_of(7) { "new in" } else { "" };
    if fault != Some(Fault::Columns) {
        write!(row, ",{label}")?;
    }
    row.extend_from_slice(b"\r\n");
    Ok(())
}

/// The check digit of a GTIN-13's first twelve digits.
fn check_digit(mut stem: u64) -> u64 {
    let (mut sum, mut weight) = (0, 3);
    while stem > 0 {
        sum += stem % 10 * weight;
        weight = 4 - weight;
        stem /= 10;
    }
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contract::Currency;
    use crate::domain::feed::Terms;
    use crate::domain::report::Report;
    use crate::server::pipeline::survey::survey;
    use std::io::Cursor;

    fn written(plan: Plan) -> (Vec<u8>, Written) {
        let mut out = Vec::new();
        let written = write(&plan, &mut out).expect("memory takes it");
        (out, written)
    }

    fn report(bytes: Vec<u8>) -> Report {
        let terms = Terms::in_currency(Currency::of("EUR"));
        let now = chrono::DateTime::from_timestamp(1_760_000_000, 0).expect("a time");
        survey(Cursor::new(bytes), "feed.csv", &terms, now, &mut |_, _| Ok(())).expect("read")
    }

    #[test]
    fn a_clean_feed_passes_without_a_word() {
        let report = report(
            written(Plan {
                records: 5000,
                seed: 1,
                faults: 0.0,
            })
            .0,
        );
        assert_eq!((report.records.received, report.records.accepted), (5000, 5000));
        assert!(report.codes.is_empty(), "{:?}", report.samples.first());
    }

    #[test]
    fn every_seeded_fault_is_found_and_nothing_else() {
        let (bytes, written) = written(Plan {
            records: 5000,
            seed: 2,
            faults: 0.2,
        });
        let report = report(bytes);
        let found: BTreeMap<&str, u64> = report.codes.iter().map(|c| (&*c.code, c.records)).collect();
        assert_eq!(
            found,
            written
                .faults
                .iter()
                .map(|(code, count)| (*code, *count))
                .collect()
        );
        assert_eq!(written.faults.len(), Fault::ALL.len());
        assert!(report.records.conserved());
    }

    #[test]
    fn a_seed_writes_the_same_bytes_and_another_seed_others() {
        let plan = Plan {
            records: 500,
            seed: 7,
            faults: 0.1,
        };
        assert_eq!(written(plan), written(plan));
        assert_ne!(written(plan).0, written(Plan { seed: 8, ..plan }).0);
    }

    #[test]
    fn a_record_is_about_450_bytes() {
        let (bytes, _) = written(Plan {
            records: 4000,
            seed: 3,
            faults: 0.0,
        });
        assert!(
            (400..550).contains(&(bytes.len() / 4000)),
            "{}",
            bytes.len() / 4000
        );
    }
}
