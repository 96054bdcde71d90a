//! Names the partners, what they sell, and how they behave.

use crate::domain::feed::{Feed, Mode};
use crate::domain::ids::{FeedId, PartnerId};
use crate::domain::report::Format;
use crate::server::store::Partner;

/// What a partner sells: decides titles, prices and codes that fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trade {
    /// Cots, bottles, prams.
    Baby,
    /// Creams and scents.
    Beauty,
    /// Bicycles and what belongs to them.
    Bikes,
    /// Printed matter.
    Books,
    /// Things with a plug.
    Electronics,
    /// Clothes.
    Fashion,
    /// Tables, chairs, shelves.
    Furniture,
    /// What grows, and what it grows in.
    Garden,
    /// Rings and watches.
    Jewellery,
    /// Pots and knives.
    Kitchen,
    /// Lamps.
    Lighting,
    /// Instruments.
    Music,
    /// Tents and boots.
    Outdoor,
    /// For cats and dogs.
    Pets,
    /// What goes on feet.
    Shoes,
    /// Balls and mats.
    Sports,
    /// Paper and pens.
    Stationery,
    /// Drills and saws.
    Tools,
    /// For children.
    Toys,
}

/// How a partner's deliveries go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// In time, and nearly all of it passes.
    Steady,
    /// The same, and more of it every week.
    Growing,
    /// In time, with many faults in every file.
    Careless,
    /// One bad stretch, this many days ago and this many days long.
    Accident {
        /// When it began.
        days_ago: u8,
        /// How long it lasted.
        days: u8,
    },
    /// The newest file should have been here hours ago.
    Late,
    /// No file for days.
    Silent,
    /// The newest files are damaged.
    Failing,
    /// Began to deliver this many days ago.
    New {
        /// When it began.
        days_ago: u8,
    },
}

/// One partner of the demo.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// Its slug.
    pub slug: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// Currency of its prices.
    pub currency: &'static str,
    /// What it sells.
    pub trade: Trade,
    /// Hours between two files of its catalogue.
    pub every_hours: u32,
    /// Products in its catalogue.
    pub records: u32,
    /// How it writes its files.
    pub format: Format,
    /// How it behaves.
    pub manner: Manner,
    /// Whether it also sends changes of stock and price many times a day.
    pub live: bool,
}

/// Hours between two files of changes, before the demo begins to stream them.
pub const LIVE_EVERY_HOURS: u32 = 1;

impl Member {
    /// Its id.
    pub fn id(&self) -> PartnerId {
        PartnerId::new(self.slug)
    }

    /// The partner as it is stored.
    pub fn partner(&self) -> Partner {
        Partner {
            id: self.id(),
            name: self.name.to_owned(),
            edits_off: false,
        }
    }

    /// The feed of its whole catalogue.
    pub fn catalogue(&self) -> FeedId {
        FeedId::new(format!("{}/products", self.slug))
    }

    /// The feed of its changes, if it sends them.
    pub fn changes(&self) -> Option<FeedId> {
        self.live.then(|| FeedId::new(format!("{}/stock", self.slug)))
    }

    /// Its feeds as they are stored.
    pub fn feeds(&self) -> Vec<Feed> {
        let feed = |id, hours, mode| Feed {
            expected_every_hours: Some(hours),
            currency: Some(self.currency.to_owned()),
            mode,
            ..Feed::new(id)
        };
        let mut feeds = vec![feed(self.catalogue(), self.every_hours, Mode::Snapshot)];
        feeds.extend(self.changes().map(|id| feed(id, LIVE_EVERY_HOURS, Mode::Delta)));
        feeds
    }

    /// Whether its catalogue is small enough that the demo sends it through the real pipeline.
    pub fn is_real(&self) -> bool {
        REAL.contains(&self.slug)
    }
}

/// Partners whose newest catalogue is a real file that has gone through the real pipeline.
pub const REAL: [&str; 7] = [
    "kasparek",
    "lafontaine",
    "papeterie",
    "szabo",
    "tamme",
    "oconnell",
    "hofstetter",
];

/// The partner whose newest file breaks off half-way, so that a gate holds it.
pub const HALVED: &str = "papeterie";

/// The partner whose person can sign in.
pub const PARTNER: &str = "kasparek";

/// Partners in the care of the demo's account manager.
pub const IN_CARE: [&str; 12] = [
    "kasparek",
    "lafontaine",
    "szabo",
    "papeterie",
    "moravec",
    "novotny",
    "kertesz",
    "albastru",
    "zelenko",
    "horvatin",
    "sokolowska",
    "balsys",
];

/// A few partners, for tests that have to start quickly.
pub const FEW: [&str; 9] = [
    "kasparek",
    "lafontaine",
    "papeterie",
    "szabo",
    "tamme",
    "oconnell",
    "nordwand",
    "perrault",
    "tidemann",
];

/// The 52 partners.
pub const CAST: [Member; 52] = {
    use Format::{Atom, Csv, Rss, Tsv};
    use Manner::{Accident, Careless, Failing, Growing, Late, New, Silent, Steady};
    use Trade::{
        Baby, Beauty, Bikes, Books, Electronics, Fashion, Furniture, Garden, Jewellery, Kitchen, Lighting,
        Music, Outdoor, Pets, Shoes, Sports, Stationery, Tools, Toys,
    };
    [
        of(
            "nordwand",
            "Nordwand Outdoor",
            "EUR",
            Outdoor,
            6,
            84_000,
            Rss,
            Growing,
            true,
        ),
        of(
            "perrault",
            "Maison Perrault",
            "EUR",
            Fashion,
            4,
            96_000,
            Rss,
            Accident {
                days_ago: 12,
                days: 2,
            },
            true,
        ),
        of(
            "kasparek",
            "Kašpárek Hračky",
            "CZK",
            Toys,
            24,
            640,
            Csv,
            Steady,
            false,
        ),
        of(
            "brouwer",
            "Brouwer & Zoon",
            "EUR",
            Garden,
            24,
            38_500,
            Csv,
            Steady,
            false,
        ),
        of(
            "fjellvik",
            "Fjellvik Sport",
            "NOK",
            Sports,
            12,
            52_000,
            Rss,
            Steady,
            true,
        ),
        of(
            "lindoro",
            "Casa Lindoro",
            "EUR",
            Kitchen,
            24,
            21_400,
            Tsv,
            Careless,
            false,
        ),
        of(
            "harrowdene",
            "Harrowdene Books",
            "GBP",
            Books,
            12,
            310_000,
            Tsv,
            Steady,
            false,
        ),
        of(
            "sokolowska",
            "Sokołowska Dom",
            "PLN",
            Furniture,
            24,
            18_900,
            Csv,
            Steady,
            false,
        ),
        of(
            "lumera",
            "Lumera Ljus",
            "SEK",
            Lighting,
            24,
            9_700,
            Rss,
            Steady,
            false,
        ),
        of(
            "tidemann",
            "Tidemann Cykler",
            "DKK",
            Bikes,
            12,
            27_300,
            Atom,
            Late,
            true,
        ),
        of(
            "albarosa",
            "Alba Rosa Cosmética",
            "EUR",
            Beauty,
            24,
            33_600,
            Csv,
            Steady,
            false,
        ),
        of(
            "wagenknecht",
            "Werkzeug Wagenknecht",
            "EUR",
            Tools,
            6,
            118_000,
            Tsv,
            Steady,
            true,
        ),
        of(
            "petitours",
            "Petit Ours",
            "EUR",
            Baby,
            24,
            7_850,
            Rss,
            Steady,
            false,
        ),
        of(
            "valtonen",
            "Valtonen Koti",
            "EUR",
            Kitchen,
            24,
            14_200,
            Csv,
            Growing,
            false,
        ),
        of(
            "oconnell",
            "O’Connell & Daughters",
            "EUR",
            Pets,
            24,
            480,
            Csv,
            Failing,
            false,
        ),
        of(
            "steinhauser",
            "Steinhauser Uhren",
            "CHF",
            Jewellery,
            24,
            6_300,
            Rss,
            Steady,
            false,
        ),
        of(
            "moravec",
            "Moravec Elektro",
            "CZK",
            Electronics,
            4,
            145_000,
            Rss,
            Accident { days_ago: 5, days: 1 },
            true,
        ),
        of(
            "vandepoel",
            "Van de Poel Muziek",
            "EUR",
            Music,
            24,
            24_800,
            Csv,
            Steady,
            false,
        ),
        of(
            "kertesz",
            "Kertész Kertek",
            "HUF",
            Garden,
            24,
            12_600,
            Csv,
            Careless,
            false,
        ),
        of(
            "albastru",
            "Albastru Modă",
            "RON",
            Fashion,
            12,
            41_000,
            Rss,
            Growing,
            true,
        ),
        of(
            "quintal",
            "Quintal do Norte",
            "EUR",
            Kitchen,
            24,
            5_400,
            Tsv,
            Steady,
            false,
        ),
        of(
            "dimitriou",
            "Dimitriou Athlitika",
            "EUR",
            Sports,
            24,
            16_700,
            Csv,
            Silent,
            false,
        ),
        of(
            "zelenko",
            "Zelenko Vrt",
            "EUR",
            Garden,
            24,
            8_200,
            Rss,
            Steady,
            false,
        ),
        of(
            "horvatin",
            "Horvatin Obuća",
            "EUR",
            Shoes,
            12,
            19_500,
            Rss,
            Steady,
            false,
        ),
        of(
            "kalnins",
            "Kalniņš Audio",
            "EUR",
            Electronics,
            24,
            11_300,
            Csv,
            Steady,
            false,
        ),
        of(
            "rasmusriis",
            "Rasmus & Riis",
            "DKK",
            Furniture,
            24,
            10_900,
            Atom,
            Steady,
            false,
        ),
        of(
            "lafontaine",
            "Librairie Lafontaine",
            "EUR",
            Books,
            24,
            1_250,
            Rss,
            Steady,
            false,
        ),
        of(
            "gruber",
            "Gruber Bergsport",
            "EUR",
            Outdoor,
            12,
            36_400,
            Rss,
            Steady,
            true,
        ),
        of(
            "ostmann",
            "Ostmann Spielwaren",
            "EUR",
            Toys,
            6,
            73_500,
            Csv,
            Steady,
            true,
        ),
        of(
            "belvedere",
            "Belvedere Scarpe",
            "EUR",
            Shoes,
            12,
            29_800,
            Rss,
            Accident {
                days_ago: 20,
                days: 3,
            },
            false,
        ),
        of(
            "whitcombe",
            "Whitcombe Kitchen",
            "GBP",
            Kitchen,
            24,
            13_900,
            Csv,
            Steady,
            false,
        ),
        of(
            "papeterie",
            "Papeterie du Lac",
            "CHF",
            Stationery,
            24,
            420,
            Tsv,
            Steady,
            false,
        ),
        of(
            "sundqvist",
            "Sundqvist Elektronik",
            "SEK",
            Electronics,
            4,
            132_000,
            Rss,
            Growing,
            true,
        ),
        of(
            "novotny",
            "Novotný Nářadí",
            "CZK",
            Tools,
            12,
            44_600,
            Csv,
            Steady,
            false,
        ),
        of(
            "ferreira",
            "Ferreira Jóias",
            "EUR",
            Jewellery,
            24,
            4_100,
            Csv,
            Steady,
            false,
        ),
        of(
            "dekoning",
            "De Koning Fietsen",
            "EUR",
            Bikes,
            12,
            31_700,
            Rss,
            Steady,
            true,
        ),
        of(
            "zielinski",
            "Zieliński Zoo",
            "PLN",
            Pets,
            24,
            15_800,
            Csv,
            New { days_ago: 9 },
            false,
        ),
        of(
            "montclair",
            "Montclair Beauté",
            "EUR",
            Beauty,
            24,
            28_400,
            Rss,
            Steady,
            false,
        ),
        of(
            "hofstetter",
            "Hofstetter Musik",
            "EUR",
            Music,
            24,
            860,
            Rss,
            Careless,
            false,
        ),
        of(
            "tamme",
            "Tamme Paber",
            "EUR",
            Stationery,
            24,
            530,
            Rss,
            Failing,
            false,
        ),
        of(
            "balsys",
            "Balsys Baldai",
            "EUR",
            Furniture,
            24,
            9_300,
            Csv,
            Steady,
            false,
        ),
        of(
            "lindqvist",
            "Lindqvist Barn",
            "SEK",
            Baby,
            24,
            12_100,
            Csv,
            Steady,
            false,
        ),
        of(
            "ardennes",
            "Ardennes Jardin",
            "EUR",
            Garden,
            24,
            17_600,
            Tsv,
            Late,
            false,
        ),
        of(
            "castellani",
            "Castellani Luce",
            "EUR",
            Lighting,
            24,
            8_800,
            Rss,
            Steady,
            false,
        ),
        of(
            "kilbride",
            "Kilbride Cycles",
            "EUR",
            Bikes,
            24,
            6_900,
            Csv,
            Steady,
            false,
        ),
        of(
            "weissenfels",
            "Weißenfels Mode",
            "EUR",
            Fashion,
            4,
            152_000,
            Rss,
            Steady,
            true,
        ),
        of(
            "navarro",
            "Navarro Deportes",
            "EUR",
            Sports,
            12,
            34_900,
            Csv,
            Steady,
            false,
        ),
        of(
            "pekkala",
            "Pekkala Kirjat",
            "EUR",
            Books,
            12,
            88_000,
            Tsv,
            Steady,
            false,
        ),
        of(
            "trondsen",
            "Trondsen Verktøy",
            "NOK",
            Tools,
            24,
            22_700,
            Csv,
            Growing,
            false,
        ),
        of(
            "hristova",
            "Hristova Obuvki",
            "EUR",
            Shoes,
            24,
            10_200,
            Csv,
            New { days_ago: 17 },
            false,
        ),
        of(
            "szabo",
            "Szabó Ékszer",
            "HUF",
            Jewellery,
            24,
            310,
            Csv,
            Steady,
            false,
        ),
        of(
            "demeester",
            "De Meester Lampen",
            "EUR",
            Lighting,
            24,
            7_600,
            Rss,
            Steady,
            false,
        ),
    ]
};

#[expect(clippy::too_many_arguments, reason = "one line of the table above")]
const fn of(
    slug: &'static str,
    name: &'static str,
    currency: &'static str,
    trade: Trade,
    every_hours: u32,
    records: u32,
    format: Format,
    manner: Manner,
    live: bool,
) -> Member {
    Member {
        slug,
        name,
        currency,
        trade,
        every_hours,
        records,
        format,
        manner,
        live,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_partner_has_a_name_of_its_own_that_can_be_typed() {
        let slugs: BTreeSet<_> = CAST.iter().map(|m| m.slug).collect();
        let names: BTreeSet<_> = CAST.iter().map(|m| m.name).collect();
        assert_eq!((slugs.len(), names.len()), (52, 52));
        for member in &CAST {
            assert_eq!(PartnerId::parse(member.slug), Ok(member.id()));
        }
        for slug in REAL.iter().chain(&IN_CARE).chain(&FEW).chain([&PARTNER, &HALVED]) {
            assert!(slugs.contains(slug), "{slug}");
        }
    }
}
