//! Lists the ways in which a generated record is broken: each breaks the rule of its code and no
//! other.

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
    Condition,
    Category,
    Color,
    Gender,
    Age,
    Shipping,
}

/// How one record is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Another value in one column, as CSV has it; `*` is the number of the record.
    Swap(&'static str, Column, &'static str),
    TitleCaps,
    LinkUrl,
    GtinCheck,
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
    Age, Availability, Brand, Category, Color, Condition, Description, Gender, Gtin, Id, Image, Link, Price,
    Sale, Shipping, Title,
};
use Fault::Swap;

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
            Swap(code, ..) => code,
            Self::TitleCaps => "TITLE_CAPS",
            Self::LinkUrl => "LINK_URL",
            Self::GtinCheck => "GTIN_CHECK",
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

    /// What takes the place of a column's value.
    pub(super) fn swap(self, column: Column) -> Option<&'static str> {
        match self {
            Swap(_, place, value) if place == column => Some(value),
            // A sale means nothing beside a price that is broken.
            Swap(_, Price, _) if column == Sale => Some(""),
            Self::TitleReuse if column == Title => Some("Gift card for everybody"),
            Self::ImageReuse if column == Image => Some("https://img.shop.example/gift-card.jpg"),
            _ => None,
        }
    }

    /// Whether the record stands in no group.
    pub(super) fn is_ungrouped(self) -> bool {
        matches!(self, Self::Ambiguous | Self::TitleReuse | Self::ImageReuse)
    }
}
