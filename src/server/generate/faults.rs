//! Lists the ways in which a generated record is broken: each breaks the rule of its code and no
//! other.

use std::borrow::Cow;

/// A column whose value a fault takes the place of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Id,
    Title,
    Description,
    Link,
    Image,
    Availability,
    Price,
    Sale,
    Brand,
    Gtin,
    Mpn,
    Condition,
    Category,
    ProductType,
    Color,
    Size,
    Gender,
    Age,
    Material,
    Shipping,
    OrderDate,
    SaleDate,
    Expiration,
    Exists,
    MoreImages,
    Multipack,
    Bundle,
    Adult,
    Length,
    SizeType,
    SizeSystem,
    Pattern,
    Highlight,
    Energy,
    Mobile,
    Redirect,
    Video,
    Document,
    Upc,
    LastLabel,
}

/// Columns that are empty but for the faults in them, and stand behind all others where there are
/// any.
pub(super) const RARE: [(Column, &str); 20] = [
    (Column::OrderDate, "availability_date"),
    (Column::SaleDate, "sale_price_effective_date"),
    (Column::Expiration, "expiration_date"),
    (Column::Exists, "identifier_exists"),
    (Column::MoreImages, "additional_image_link"),
    (Column::Multipack, "multipack"),
    (Column::Bundle, "is_bundle"),
    (Column::Adult, "adult"),
    (Column::Length, "product_length"),
    (Column::SizeType, "size_type"),
    (Column::SizeSystem, "size_system"),
    (Column::Pattern, "pattern"),
    (Column::Highlight, "product_highlight"),
    (Column::Energy, "energy_efficiency_class"),
    (Column::Mobile, "mobile_link"),
    (Column::Redirect, "ads_redirect"),
    (Column::Video, "video_link"),
    (Column::Document, "document_link"),
    (Column::Upc, "upc"),
    (Column::LastLabel, "custom_label_4"),
];

/// How one record is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Another value in one column, as CSV has it; `*` is the number of the record.
    Swap(&'static str, Column, &'static str),
    /// Other values in several columns, which are one fault together.
    Several(&'static str, &'static [(Column, &'static str)]),
    /// A value in one column that begins with this and has so many characters.
    Long(&'static str, Column, &'static str, usize),
    TitleCaps,
    LinkUrl,
    GtinCheck,
    /// An ISBN-10 of its own.
    GtinIsbn,
    /// A GTIN-14 of its own that begins with 9.
    GtinVariable,
    IdDuplicate,
    Columns,
    /// The product of the record before, in the same size.
    Ambiguous,
    /// The product of the record before, in its own size, at six times the price.
    PriceSpread,
    /// The size of the record before, in the same group.
    GroupSame,
    /// A group of its own.
    GroupSingle,
    /// A title that many records have, and no group. The first of them break no rule.
    TitleReuse,
    /// A picture that many records have, and no group. The first of them break no rule.
    ImageReuse,
    /// A label that no other record has.
    LabelValues,
}

use Column::{
    Adult, Age, Availability, Brand, Bundle, Category, Color, Condition, Description, Document, Energy,
    Exists, Expiration, Gender, Gtin, Highlight, Id, Image, LastLabel, Length, Link, Material, Mobile,
    MoreImages, Mpn, Multipack, OrderDate, Pattern, Price, ProductType, Redirect, Sale, SaleDate, Shipping,
    Size, SizeSystem, SizeType, Title, Upc, Video,
};
use Fault::{Long, Several, Swap};

impl Fault {
    /// Faults that a record has by itself.
    pub(super) const ALONE: [Self; 43] = [
        Self::GtinCheck,
        Self::TitleCaps,
        Self::LinkUrl,
        Self::IdDuplicate,
        Self::Columns,
        Swap("ID_MISSING", Id, ""),
        Swap("TITLE_MISSING", Title, ""),
        Swap("TITLE_PROMO", Title, "Wool sweater * with free shipping"),
        Swap("TITLE_HTML", Title, "<b>Wool sweater</b> *"),
        Swap("DESC_MISSING", Description, ""),
        Swap("DESC_HTML", Description, "<p>A wool sweater.</p>"),
        Swap("LINK_MISSING", Link, ""),
        Swap("IMG_MISSING", Image, ""),
        Swap("IMG_URL", Image, "images/1.jpg"),
        Swap("IMG_TYPE", Image, "https://img.shop.example/1.svg"),
        Swap(
            "IMG_PLACEHOLDER",
            Image,
            "https://img.shop.example/*/no-image.png",
        ),
        Swap("AVAIL_MISSING", Availability, ""),
        Swap("AVAIL_ENUM", Availability, "maybe"),
        Swap("AVAIL_NORMALISED", Availability, "in stock"),
        Swap("AVDATE_MISSING", Availability, "preorder"),
        Swap("PRICE_MISSING", Price, ""),
        Swap("PRICE_ZERO", Price, "0.00 EUR"),
        Swap("PRICE_NEGATIVE", Price, "-15.00 EUR"),
        Swap("PRICE_FORMAT", Price, "\"1.144,00 EUR\""),
        Swap("PRICE_CURRENCY", Price, "15.00 USD"),
        Swap("PRICE_DECIMALS", Price, "15.994 EUR"),
        Swap("PRICE_NORMALISED", Price, "\"15,99 EUR\""),
        Swap("SALE_FORMAT", Sale, "less"),
        Swap("SALE_NOT_LOWER", Sale, "9999.00 EUR"),
        Swap("SALE_ZERO", Sale, "0.00 EUR"),
        Swap("BRAND_MISSING", Brand, ""),
        Swap("BRAND_PLACEHOLDER", Brand, "N/A"),
        Swap("GTIN_CHARS", Gtin, "n/a"),
        Swap("GTIN_LENGTH", Gtin, "123456789"),
        Swap("GTIN_RESTRICTED", Gtin, "2001234567893"),
        Swap("COND_ENUM", Condition, "like new"),
        Swap("COND_NORMALISED", Condition, "New"),
        Swap("GPC_UNKNOWN", Category, "\"672, 674\""),
        Swap("COLOR_FORMAT", Color, "#ff0000"),
        Swap("APPAREL_GENDER_ENUM", Gender, "men"),
        Swap("APPAREL_AGE_ENUM", Age, "grown-up"),
        Swap("SHIP_COUNTRY", Shipping, "UK::Standard:4.90 EUR"),
        Swap("SHIP_PRICE", Shipping, "DE::Standard:free"),
    ];

    /// Faults that a record has by itself, in columns or of a kind that most feeds do not have: those
    /// by chance are none of them, so that a feed of a million records is measured on what feeds hold.
    pub(super) const SELDOM: [Self; 59] = [
        Self::GtinIsbn,
        Self::GtinVariable,
        Swap("FILE_CSV_QUOTE", Title, "\"Wool 5\" sweater *\""),
        Long("ID_LENGTH", Id, "SKU-*-", 51),
        Swap("ID_CHARS", Id, "SKU\u{e000}*"),
        Swap("ID_NONASCII", Id, "größe-*"),
        Long("TITLE_LENGTH", Title, "Wool sweater * ", 151),
        Long("DESC_LENGTH", Description, "A wool sweater. ", 5_001),
        Long("LINK_LENGTH", Link, "https://shop.example/products/*?", 2_001),
        Several(
            "AVDATE_FORMAT",
            &[(Availability, "preorder"), (OrderDate, "24.12.2025")],
        ),
        Several(
            "AVDATE_FAR",
            &[(Availability, "preorder"), (OrderDate, "2099-01-01")],
        ),
        Several(
            "AVDATE_UNUSED",
            &[(Availability, "in_stock"), (OrderDate, "2020-01-01")],
        ),
        Swap("SALE_CURRENCY", Sale, "0.50 USD"),
        Swap("SALE_NORMALISED", Sale, "\"0,50 EUR\""),
        Several(
            "SALEDATE_FORMAT",
            &[(Sale, "0.50 EUR"), (SaleDate, "until Friday")],
        ),
        Several(
            "SALEDATE_ORDER",
            &[(Sale, "0.50 EUR"), (SaleDate, "2020-02-01/2020-01-01")],
        ),
        Several(
            "SALEDATE_PAST",
            &[(Sale, "0.50 EUR"), (SaleDate, "2020-01-01/2020-02-01")],
        ),
        Several(
            "SALEDATE_ALONE",
            &[(Sale, ""), (SaleDate, "2020-01-01/2020-02-01")],
        ),
        Long("BRAND_LENGTH", Brand, "Nordlicht ", 71),
        Swap("GTIN_SPREADSHEET", Gtin, "4.00638E+12"),
        Swap("GTIN_ZERO", Gtin, "0000000000000"),
        Swap("GTIN_COUPON", Gtin, "9810000000006"),
        Swap(
            "GTIN_COUNT",
            Gtin,
            "\"96385074,96385074,96385074,96385074,96385074,96385074,96385074\"",
        ),
        Swap("GTIN_UPCE", Upc, "04252614"),
        Long("MPN_LENGTH", Mpn, "M*-", 71),
        Several(
            "MPN_MISSING",
            &[(Category, "Home & Garden"), (Gtin, ""), (Mpn, "")],
        ),
        Several("IDENT_INCOMPLETE", &[(Category, "Media > Books"), (Gtin, "")]),
        Swap("IDENT_CONFLICT", Exists, "no"),
        Swap("IDENT_ENUM", Exists, "1"),
        Swap("APPAREL_COLOR", Color, ""),
        Swap("APPAREL_GENDER", Gender, ""),
        Swap("APPAREL_AGE", Age, ""),
        Swap("APPAREL_SIZE", Size, ""),
        Long("SIZE_LENGTH", Size, "M ", 101),
        Swap("SIZE_TYPE", SizeType, "huge"),
        Swap("SIZE_SYSTEM", SizeSystem, "ES"),
        Long("LEN_MATERIAL", Material, "Wool ", 201),
        Long("LEN_PATTERN", Pattern, "Stripes ", 101),
        Long("PTYPE_LENGTH", ProductType, "Clothing > ", 751),
        Swap("ADDIMG_URL", MoreImages, "images/2.jpg"),
        Swap(
            "ADDIMG_COUNT",
            MoreImages,
            "\"https://a.example/1,https://a.example/2,https://a.example/3,https://a.example/4,\
             https://a.example/5,https://a.example/6,https://a.example/7,https://a.example/8,\
             https://a.example/9,https://a.example/10,https://a.example/11\"",
        ),
        Swap("EXP_FORMAT", Expiration, "24.10.2025"),
        Swap("EXP_FAR", Expiration, "2099-01-01"),
        Swap("EXPIRED", Expiration, "2020-01-01"),
        Swap("MULTIPACK_ENUM", Multipack, "1"),
        Swap("BUNDLE_ENUM", Bundle, "maybe"),
        Swap("ADULT_ENUM", Adult, "18+"),
        Swap("DIM_FORMAT", Length, "\"20,5 cm\""),
        Swap("DIM_RANGE", Length, "3001 cm"),
        Swap("SHIP_FORMAT", Shipping, "DE::Standard:"),
        Long("LABEL_LENGTH", LastLabel, "lot ", 101),
        Swap("HILITE_COUNT", Highlight, "Keeps warm"),
        Swap(
            "HILITE_LENGTH",
            Highlight,
            "\"Keeps warm,Cut with room to move and lined where it matters and with two pockets that have zips \
             and are deep enough for a hand and can be reached with gloves on and a bag over the shoulder\"",
        ),
        Swap("EEC_ENUM", Energy, "A++++"),
        Swap("URL_MOBILE", Mobile, "m.shop.example/*"),
        Swap("URL_REDIRECT", Redirect, "shop.example/go"),
        Swap("URL_REDIRECT_DOMAIN", Redirect, "https://go.example/*"),
        Swap("URL_VIDEO", Video, "film.mp4"),
        Swap("URL_DOCUMENT", Document, "manual.pdf"),
    ];

    /// Faults that a record has beside others of its file.
    pub(super) const TOGETHER: [Self; 7] = [
        Self::Ambiguous,
        Self::PriceSpread,
        Self::GroupSame,
        Self::GroupSingle,
        Self::TitleReuse,
        Self::ImageReuse,
        Self::LabelValues,
    ];

    pub(super) fn code(self) -> &'static str {
        match self {
            Swap(code, ..) | Several(code, _) | Long(code, ..) => code,
            Self::TitleCaps => "TITLE_CAPS",
            Self::LinkUrl => "LINK_URL",
            Self::GtinCheck => "GTIN_CHECK",
            Self::GtinIsbn => "GTIN_ISBN10",
            Self::GtinVariable => "GTIN_VARIABLE",
            Self::IdDuplicate => "ID_DUPLICATE",
            Self::Columns => "FILE_COLUMNS",
            Self::Ambiguous => "GTIN_AMBIGUOUS",
            Self::PriceSpread => "CROSS_PRICE_SPREAD",
            Self::GroupSame => "GROUP_SAME",
            Self::GroupSingle => "GROUP_SINGLE",
            Self::TitleReuse => "CROSS_TITLE_REUSE",
            Self::ImageReuse => "CROSS_IMAGE_REUSE",
            Self::LabelValues => "LABEL_VALUES",
        }
    }

    /// Records that have what it has and break no rule yet.
    pub(super) fn free(self) -> u64 {
        match self {
            Self::TitleReuse => 20,
            Self::ImageReuse => 50,
            _ => 0,
        }
    }

    /// What takes the place of a column's value in the record of this number.
    pub(super) fn swap(self, column: Column, index: u64) -> Option<Cow<'static, str>> {
        let value = match self {
            Swap(_, place, value) if place == column => value,
            Several(_, values) => values.iter().find(|(place, _)| *place == column)?.1,
            Long(_, place, begin, length) if place == column => {
                let begin = begin.replace('*', &index.to_string());
                let rest = length.saturating_sub(begin.chars().count());
                return Some(Cow::Owned(begin + &"x".repeat(rest)));
            }
            // A sale means nothing beside a price that is broken.
            Swap(_, Price, _) if column == Sale => "",
            Self::TitleReuse if column == Title => "Gift card for everybody",
            Self::ImageReuse if column == Image => "https://img.shop.example/gift-card.jpg",
            _ => return None,
        };
        Some(if value.contains('*') {
            Cow::Owned(value.replace('*', &index.to_string()))
        } else {
            Cow::Borrowed(value)
        })
    }

    /// Whether the record ends up without an id that another could repeat.
    pub(super) fn hides_id(self) -> bool {
        matches!(
            self,
            Self::Columns | Swap("FILE_CSV_QUOTE", ..) | Swap(_, Id, _) | Long(_, Id, ..)
        )
    }

    /// Whether the record stands in no group.
    pub(super) fn is_ungrouped(self) -> bool {
        matches!(self, Self::Ambiguous | Self::TitleReuse | Self::ImageReuse)
    }
}
