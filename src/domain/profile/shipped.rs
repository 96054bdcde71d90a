//! Holds the profiles that come with the program: the vocabularies of price comparison sites
//! whose feeds shops have at hand.
//!
//! Each says what the site's own description of its format says, and nothing about any shop.
//! To add one, add it to [`SHIPPED`]; the tests ask the rest.

use super::Profile;
use crate::domain::contract::Currency;
use std::collections::BTreeMap;

type Pairs = &'static [(&'static str, &'static str)];

/// A profile that comes with the program.
#[derive(Debug)]
pub struct Shipped {
    /// The name it is asked for by.
    pub name: &'static str,
    /// What it is for, in one sentence.
    pub about: &'static str,
    record: Option<&'static str>,
    currency: &'static str,
    weight_unit: Option<&'static str>,
    map: Pairs,
    fixed: Pairs,
    values: &'static [(&'static str, Pairs)],
}

/// All of them, by name.
pub const SHIPPED: &[Shipped] = &[CENEO, IDEALO, TROVAPREZZI];

/// Finds one by its name, in any case.
pub fn find(name: &str) -> Option<&'static Shipped> {
    SHIPPED
        .iter()
        .find(|shipped| shipped.name.eq_ignore_ascii_case(name.trim()))
}

/// The names there are.
pub fn names() -> Vec<&'static str> {
    SHIPPED.iter().map(|shipped| shipped.name).collect()
}

impl Shipped {
    /// The profile in full.
    pub fn profile(&self) -> Profile {
        let own = |pairs: Pairs| -> BTreeMap<String, String> {
            pairs
                .iter()
                .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
                .collect()
        };
        Profile {
            record: self.record.map(str::to_owned),
            currency: Currency::of(self.currency),
            weight_unit: self.weight_unit.map(str::to_owned),
            map: own(self.map),
            fixed: own(self.fixed),
            values: self
                .values
                .iter()
                .map(|(name, pairs)| ((*name).to_owned(), own(pairs)))
                .collect(),
            ..Profile::default()
        }
    }
}

const CENEO: Shipped = Shipped {
    name: "ceneo",
    about: "Ceneo (Poland): XML with <o> elements, prices in PLN, properties in <a name=\"…\">",
    record: Some("/offers/o | /offers/group/o"),
    currency: "PLN",
    weight_unit: Some("kg"),
    map: &[
        ("@id", "id"),
        ("@url", "link"),
        ("@price", "price"),
        ("@avail", "availability"),
        ("@stock", "quantity"),
        ("@weight", "shipping_weight"),
        ("cat", "product_type"),
        ("name", "title"),
        ("desc", "description"),
        ("imgs/main@url", "image_link"),
        ("imgs/i@url", "additional_image_link"),
        ("attrs/a[Producent]", "brand"),
        ("attrs/a[Kod_producenta]", "mpn"),
        ("attrs/a[Kod producenta]", "mpn"),
        ("attrs/a[EAN]", "gtin"),
        ("attrs/a[ISBN]", "gtin"),
        ("attrs/a[Kolor]", "color"),
        ("attrs/a[Rozmiar]", "size"),
        ("attrs/a[Model]", ""),
    ],
    fixed: &[],
    // Days until it is sent; 90 is made to order, 99 is to be asked for, 110 is sold before it
    // is there.
    values: &[(
        "availability",
        &[
            ("1", "in_stock"),
            ("3", "in_stock"),
            ("7", "in_stock"),
            ("14", "in_stock"),
            ("90", "in_stock"),
            ("99", "out_of_stock"),
            ("110", "preorder"),
        ],
    )],
};

const IDEALO: Shipped = Shipped {
    name: "idealo",
    about: "idealo: rows under the names of its partner area, in English, German or Spanish",
    record: None,
    currency: "EUR",
    weight_unit: None,
    map: &[
        ("sku", "id"),
        ("brand", "brand"),
        ("title", "title"),
        ("categoryPath", "product_type"),
        ("url", "link"),
        ("eans", "gtin"),
        ("hans", "mpn"),
        ("description", "description"),
        ("imageUrls", "image_link"),
        ("price", "price"),
        ("colour", "color"),
        ("eec_efficiencyClass", "energy_efficiency_class"),
        ("Artikelnummer im Shop", "id"),
        ("EAN / GTIN / Barcodenummer", "gtin"),
        ("Herstellerartikelnummer (HAN/MPN)", "mpn"),
        ("Hersteller / Markenname", "brand"),
        ("Produktname", "title"),
        ("Preis", "price"),
        ("Produktgruppe im Shop", "product_type"),
        ("Produktbeschreibung", "description"),
        ("Produkt-URL", "link"),
        ("Bild-URL_1", "image_link"),
        ("Bild-URL_2", "additional_image_link"),
        ("Bild-URL_3", "additional_image_link"),
        ("Farbe", "color"),
        ("Größe", "size"),
        ("Energieeffizienzklasse", "energy_efficiency_class"),
        ("N° artículo en tienda", "id"),
        ("EAN / GTIN / código barras", "gtin"),
        ("Número del fabricante (HAN/MPN)", "mpn"),
        ("Fabricante / Marca", "brand"),
        ("Nombre del producto", "title"),
        ("Precio", "price"),
        ("Categoría del producto en la tienda", "product_type"),
        ("Descripción del producto", "description"),
        ("URL del producto", "link"),
        ("URLimagen_1", "image_link"),
        ("URLimagen_2", "additional_image_link"),
        ("URLimagen_3", "additional_image_link"),
        ("Talla", "size"),
        ("Clase de eficiencia energética", "energy_efficiency_class"),
        ("Unidades", "quantity"),
    ],
    // Only what can be bought is listed there; the file has no column for it.
    fixed: &[("availability", "in_stock")],
    values: &[],
};

const TROVAPREZZI: Shipped = Shipped {
    name: "trovaprezzi",
    about: "Trovaprezzi (Italy): XML with <Offer> elements, or rows under the same names; prices in EUR",
    record: Some("/Products/Offer"),
    currency: "EUR",
    weight_unit: Some("kg"),
    map: &[
        ("Code", "id"),
        ("Name", "title"),
        ("Brand", "brand"),
        ("Description", "description"),
        ("Price", "price"),
        ("OriginalPrice", ""),
        ("Link", "link"),
        ("Stock", "availability"),
        ("Categories", "product_type"),
        ("Image", "image_link"),
        ("Image2", "additional_image_link"),
        ("Image3", "additional_image_link"),
        ("PartNumber", "mpn"),
        ("EanCode", "gtin"),
        ("Weight", "shipping_weight"),
    ],
    fixed: &[],
    // How many there are, or a word.
    values: &[(
        "availability",
        &[
            ("0", "out_of_stock"),
            ("Non disponibile", "out_of_stock"),
            ("Disponibile", "in_stock"),
            ("Disponibilità immediata", "in_stock"),
            ("*", "in_stock"),
        ],
    )],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_profile_is_sound_and_finds_itself() {
        for shipped in SHIPPED {
            let profile = shipped.profile();
            assert_eq!(profile.faults(), [], "{}", shipped.name);
            assert!(profile.currency.is_some(), "{}", shipped.name);
            assert_eq!(
                find(&shipped.name.to_uppercase()).map(|found| found.name),
                Some(shipped.name)
            );
            for required in [
                "id",
                "title",
                "description",
                "link",
                "image_link",
                "price",
                "brand",
                "gtin",
            ] {
                assert!(
                    profile.map.values().any(|attribute| attribute == required),
                    "{} says where {required} is",
                    shipped.name
                );
            }
        }
    }
}
