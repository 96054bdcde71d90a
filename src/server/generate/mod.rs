//! Writes feeds that look like a partner's, with a known share of known faults.
//!
//! The same seed writes the same bytes on every machine, so that a figure measured on a
//! generated feed can be measured again. A feed without faults passes without a word; with
//! faults, each faulty record breaks exactly one rule, and [`Written`] says how often which.

mod faults;

use faults::{Column, Fault, RARE};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// What to write.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Records in the feed.
    pub records: u64,
    /// Another seed, another catalogue.
    pub seed: u64,
    /// Share of the records that break a rule by themselves, from 0 to 1.
    pub faults: f64,
    /// Exactly so many records for each fault that there is, those among several records too.
    pub each: u64,
}

impl Plan {
    /// The fewest records that have room for the exact numbers asked for.
    pub fn least(&self) -> u64 {
        let kinds = (Fault::ALONE.len() + Fault::SELDOM.len() + Fault::TOGETHER.len()) as u64;
        let free: u64 = Fault::TOGETHER.iter().map(|fault| fault.free()).sum();
        if self.each == 0 {
            0
        } else {
            Seeds::FIRST + (kinds * self.each + free + 1) * 4
        }
    }
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
                      material,item_group_id,shipping,custom_label_0";

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

/// Where faults of exact numbers stand: every so many records, one kind after the other, never
/// far apart, and each between sound records.
struct Seeds {
    queue: std::vec::IntoIter<(Fault, bool)>,
    stride: u64,
}

impl Seeds {
    /// Labels have all their values by then.
    const FIRST: u64 = 7_000;
    /// Records of one kind are then closer together than the engine forgets.
    const WIDEST: u64 = 200;

    fn new(plan: &Plan) -> Self {
        let kinds: Vec<Fault> = [&Fault::ALONE[..], &Fault::SELDOM, &Fault::TOGETHER].concat();
        let mut queue = Vec::new();
        let mut left: Vec<(Fault, u64, u64)> = kinds
            .into_iter()
            .filter(|_| plan.each > 0)
            .map(|fault| (fault, fault.free(), plan.each))
            .collect();
        while !left.is_empty() {
            for (fault, free, each) in &mut left {
                let counts = *free == 0;
                queue.push((*fault, counts));
                *(if counts { &mut *each } else { &mut *free }) -= 1;
            }
            left.retain(|(_, free, each)| free + each > 0);
        }
        let room = plan.records.saturating_sub(Self::FIRST);
        let stride = room / (queue.len() as u64).max(1) / 4 * 4;
        Self {
            queue: queue.into_iter(),
            stride: stride.clamp(4, Self::WIDEST),
        }
    }

    /// What is wrong with a record, and whether it breaks the rule already.
    fn at(&mut self, index: u64) -> Option<(Fault, bool)> {
        // The second of a product's four sizes, so that the first comes right before it.
        let is_place = index >= Self::FIRST && (index - Self::FIRST) % self.stride == 1;
        if is_place { self.queue.next() } else { None }
    }
}

/// Writes the feed.
pub fn write(plan: &Plan, out: &mut impl Write) -> io::Result<Written> {
    let mut chance = Chance(plan.seed);
    let mut seeds = Seeds::new(plan);
    let mut written = Written::default();
    let mut row = Vec::with_capacity(1024);
    let rare = if plan.each > 0 { &RARE[..] } else { &[] };
    row.extend_from_slice(HEADER.as_bytes());
    for (_, name) in rare {
        write!(row, ",{name}")?;
    }
    row.extend_from_slice(b"\r\n");
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
        let by_chance = (chance.below(1_000_000) < share && index > 0).then(|| chance.pick(&Fault::ALONE));
        let (fault, counts) = match seeds.at(index) {
            Some((fault, counts)) => (Some(fault), counts),
            None => (by_chance, true),
        };
        let id = if fault == Some(Fault::IdDuplicate) {
            last_id
        } else {
            index
        };
        if !fault.is_some_and(Fault::hides_id) {
            last_id = id;
        }
        write_row(&mut row, index, id, &product, fault, &mut chance)?;
        write_end(&mut row, index, fault, rare)?;
        if let Some(fault) = fault.filter(|_| counts) {
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

/// Writes a value, or what a fault puts in its place, and the comma behind it.
fn cell(row: &mut Vec<u8>, swap: Option<Cow<'_, str>>, value: std::fmt::Arguments<'_>) -> io::Result<()> {
    match swap {
        Some(value) => row.extend_from_slice(value.as_bytes()),
        None => row.write_fmt(value)?,
    }
    row.push(b',');
    Ok(())
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
    let is = |known: Fault| fault == Some(known);
    let swap = |column| fault.and_then(|fault| fault.swap(column, index));
    let like_before = is(Fault::Ambiguous) || is(Fault::GroupSame);
    let size = SIZES[usize::try_from((index - u64::from(like_before)) % 4).unwrap_or(0)];
    cell(row, swap(Column::Id), format_args!("SKU-{id:07}"))?;
    if is(Fault::TitleCaps) {
        let (brand, thing) = (brand.to_uppercase(), thing.to_uppercase());
        cell(row, None, format_args!("{brand} {thing} {number}"))?;
    } else {
        let title = format_args!("\"{brand} {word} {thing} {number}, {colour}, {size}\"");
        cell(row, swap(Column::Title), title)?;
    }
    let [first, second] = product.sentences;
    let description = format_args!("\"A {word} {thing} by {brand}. {first} {second}\"");
    cell(row, swap(Column::Description), description)?;
    let blank = if is(Fault::LinkUrl) { " " } else { "-" };
    let link = format_args!("https://shop.example/products/{number}{blank}{gender}?size={size}&sku={index}");
    cell(row, swap(Column::Link), link)?;
    let image = format_args!("https://img.shop.example/{}/{index}.jpg", number % 100);
    cell(row, swap(Column::Image), image)?;
    let stock = if chance.below(10) == 0 {
        "out_of_stock"
    } else {
        "in_stock"
    };
    cell(row, swap(Column::Availability), format_args!("{stock}"))?;
    let factor = if is(Fault::PriceSpread) { 6 } else { 1 };
    let (price, sale) = (product.cents * factor, product.cents * 4 / 5);
    let amount = format_args!("{}.{:02} EUR", price / 100, price % 100);
    cell(row, swap(Column::Price), amount)?;
    let sold_for = format_args!("{}.{:02} EUR", sale / 100, sale % 100);
    let is_on_sale = product.is_on_sale || swap(Column::Sale).is_some();
    let no_sale = (!is_on_sale).then_some(Cow::Borrowed(""));
    cell(row, swap(Column::Sale).or(no_sale), sold_for)?;
    cell(row, swap(Column::Brand), format_args!("{brand}"))?;
    // Prefixes 400 to 440 are given to makers; the number is the record's own.
    let of_before = is(Fault::Ambiguous) || is(Fault::PriceSpread);
    let stem = 400_000_000_000 + (index - u64::from(of_before)) % 39_000_000_000;
    let right = check_digit(stem);
    let digit = if is(Fault::GtinCheck) {
        (right + 1) % 10
    } else {
        right
    };
    match fault {
        Some(Fault::GtinIsbn) => write!(row, "{},", isbn10(index))?,
        Some(Fault::GtinVariable) => {
            let stem = 9_000_000_000_000 + stem;
            write!(row, "{stem}{},", check_digit(stem))?;
        }
        _ => cell(row, swap(Column::Gtin), format_args!("{stem}{digit}"))?,
    }
    cell(row, swap(Column::Mpn), format_args!("M{number}-{size}"))?;
    cell(row, swap(Column::Condition), format_args!("new"))?;
    let path = format_args!("Apparel & Accessories > Clothing > {category}");
    cell(row, swap(Column::Category), path)?;
    cell(
        row,
        swap(Column::ProductType),
        format_args!("Clothing > {category}"),
    )?;
    cell(row, swap(Column::Color), format_args!("{colour}"))?;
    cell(row, swap(Column::Size), format_args!("{size}"))?;
    cell(row, swap(Column::Gender), format_args!("{gender}"))?;
    cell(row, swap(Column::Age), format_args!("adult"))?;
    cell(row, swap(Column::Material), format_args!("{material}"))?;
    match fault {
        Some(Fault::GroupSingle) => write!(row, "G{number}-{index},")?,
        Some(fault) if fault.is_ungrouped() => row.push(b','),
        _ => write!(row, "G{number},")?,
    }
    let shipping = swap(Column::Shipping).unwrap_or(Cow::Borrowed("DE::Standard:4.90 EUR"));
    row.extend_from_slice(shipping.as_bytes());
    // A field less shifts nothing that comes before it.
    if !is(Fault::Columns) {
        row.push(b',');
        if is(Fault::LabelValues) {
            write!(row, "lot {index}")?;
        } else if index.is_multiple_of(7) {
            // A thousand values, which is as many as a label may have.
            write!(row, "shelf {}", index / 7 % 1_000)?;
        }
    }
    Ok(())
}

/// Writes the columns that hold nothing but faults, and the end of the row.
fn write_end(row: &mut Vec<u8>, index: u64, fault: Option<Fault>, rare: &[(Column, &str)]) -> io::Result<()> {
    for (column, _) in rare {
        row.push(b',');
        if let Some(value) = fault.and_then(|fault| fault.swap(*column, index)) {
            row.write_all(value.as_bytes())?;
        }
    }
    row.extend_from_slice(b"\r\n");
    Ok(())
}

/// An ISBN-10, its check digit included.
fn isbn10(number: u64) -> String {
    let stem = format!("{:09}", number % 1_000_000_000);
    let sum: u32 = stem
        .bytes()
        .zip((2..=10).rev())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    match (11 - sum % 11) % 11 {
        10 => stem + "X",
        digit => stem + &digit.to_string(),
    }
}

/// The check digit that belongs after these digits of a GTIN.
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
mod tests;
