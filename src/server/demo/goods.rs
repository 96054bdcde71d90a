//! Lists what the trades of the demo sell, in words and prices.

use super::cast::Trade;

/// Makers.
pub const BRANDS: [&str; 12] = [
    "Velmora",
    "Karsten & Lind",
    "Ostavia",
    "Brennholm",
    "Tarvik",
    "Solenne",
    "Pinerola",
    "Arvendel",
    "Quillane",
    "Dorvann",
    "Falkenrud",
    "Mirabelt",
];

/// What tells the variants of a product apart.
pub fn styles(trade: Trade) -> &'static [&'static str] {
    match trade {
        Trade::Books => &[
            "hardback",
            "paperback",
            "large print",
            "in two volumes",
            "illustrated edition",
        ],
        Trade::Fashion | Trade::Shoes | Trade::Outdoor | Trade::Sports => &[
            "black, S",
            "black, M",
            "black, L",
            "sand, M",
            "forest green, L",
            "navy blue, S",
            "brick red, XL",
        ],
        Trade::Beauty => &["50 ml", "100 ml", "250 ml", "refill", "travel size", "gift set"],
        _ => &[
            "black",
            "white",
            "anthracite",
            "natural",
            "forest green",
            "small",
            "large",
            "set of two",
        ],
    }
}

/// What makers call a product.
pub const MODELS: [&str; 16] = [
    "Aster", "Birka", "Corvo", "Delta", "Elin", "Fjord", "Gala", "Hedda", "Iris", "Juno", "Kora", "Linnea",
    "Mistral", "Nova", "Orso", "Pilar",
];

/// What a trade sells.
pub struct Goods {
    /// The kinds of thing.
    pub nouns: &'static [&'static str],
    /// What is said for it.
    pub praise: &'static [&'static str],
    /// Prices in euro cents, from and to.
    pub cents: (u64, u64),
    /// The path of its product type.
    pub category: &'static str,
    /// Three digits that a GTIN begins with.
    pub prefix: u64,
}

/// The goods of a trade.
#[expect(clippy::too_many_lines, reason = "a table")]
pub fn goods(trade: Trade) -> Goods {
    let of = |nouns, praise, cents, category, prefix| Goods {
        nouns,
        praise,
        cents,
        category,
        prefix,
    };
    match trade {
        Trade::Baby => of(
            &[
                "Cot",
                "Pram",
                "Changing mat",
                "Feeding bottle",
                "Baby carrier",
                "Night light",
                "High chair",
            ],
            &[
                "Tested to European safety standards.",
                "Washable at 60 degrees.",
                "Grows with your child.",
            ],
            (690, 48_900),
            "Baby & Toddler",
            400,
        ),
        Trade::Beauty => of(
            &[
                "Day cream",
                "Eau de parfum",
                "Shampoo",
                "Hand balm",
                "Face serum",
                "Bath salts",
                "Lip balm",
            ],
            &[
                "Free of mineral oil.",
                "Dermatologically tested.",
                "With almond oil and shea butter.",
            ],
            (390, 12_900),
            "Health & Beauty > Personal Care",
            841,
        ),
        Trade::Bikes => of(
            &[
                "Trekking bike",
                "City bike",
                "Helmet",
                "Pannier",
                "Chain lock",
                "Saddle",
                "Front light",
            ],
            &[
                "Ready to ride in ten minutes.",
                "Approved for road traffic.",
                "Stainless steel throughout.",
            ],
            (1490, 249_900),
            "Sporting Goods > Outdoor Recreation > Cycling",
            871,
        ),
        Trade::Books => of(
            &[
                "Novel",
                "Cookbook",
                "Atlas",
                "Picture book",
                "Travel guide",
                "Biography",
                "Anthology",
            ],
            &[
                "With an afterword by the translator.",
                "Thread-bound, with ribbon.",
                "Second, revised edition.",
            ],
            (690, 5900),
            "Media > Books",
            978,
        ),
        Trade::Electronics => of(
            &[
                "Headphones",
                "Loudspeaker",
                "Tablet cover",
                "Charger",
                "Keyboard",
                "Monitor",
                "Web camera",
            ],
            &[
                "With two years of guarantee.",
                "Charges by USB-C.",
                "Replacement parts for ten years.",
            ],
            (990, 79_900),
            "Electronics",
            859,
        ),
        Trade::Fashion => of(
            &[
                "Wool coat",
                "Linen shirt",
                "Jumper",
                "Trousers",
                "Summer dress",
                "Scarf",
                "Rain jacket",
            ],
            &[
                "Cut in a straight, easy line.",
                "Of certified organic cotton.",
                "Woven in Portugal.",
            ],
            (1490, 34_900),
            "Apparel & Accessories > Clothing",
            302,
        ),
        Trade::Furniture => of(
            &[
                "Dining table",
                "Bookshelf",
                "Armchair",
                "Bed frame",
                "Bench",
                "Sideboard",
                "Stool",
            ],
            &[
                "Solid oak, oiled by hand.",
                "Comes in two parcels, with tools.",
                "From a family workshop.",
            ],
            (4900, 189_900),
            "Furniture",
            590,
        ),
        Trade::Garden => of(
            &[
                "Watering can",
                "Raised bed",
                "Secateurs",
                "Garden hose",
                "Bird house",
                "Spade",
                "Plant pot",
            ],
            &[
                "Stands frost and sun.",
                "Galvanised steel.",
                "Enough for four square metres.",
            ],
            (590, 39_900),
            "Home & Garden > Lawn & Garden",
            599,
        ),
        Trade::Jewellery => of(
            &[
                "Ring",
                "Necklace",
                "Ear studs",
                "Wrist watch",
                "Bracelet",
                "Brooch",
                "Cuff links",
            ],
            &[
                "925 silver, rhodium-plated.",
                "Water-resistant to five bar.",
                "In a gift box.",
            ],
            (2900, 159_900),
            "Apparel & Accessories > Jewelry",
            761,
        ),
        Trade::Kitchen => of(
            &[
                "Chef’s knife",
                "Saucepan",
                "Frying pan",
                "Cutting board",
                "Teapot",
                "Mixing bowl",
                "Grater",
            ],
            &[
                "Suitable for every hob.",
                "Dishwasher-safe.",
                "Forged in one piece.",
            ],
            (790, 29_900),
            "Home & Garden > Kitchen & Dining",
            800,
        ),
        Trade::Lighting => of(
            &[
                "Pendant lamp",
                "Desk lamp",
                "Floor lamp",
                "Wall light",
                "Reading light",
                "Lantern",
                "Spotlight",
            ],
            &[
                "Dimmable, with exchangeable bulb.",
                "Mouth-blown glass.",
                "Energy class A.",
            ],
            (1990, 89_900),
            "Home & Garden > Lighting",
            735,
        ),
        Trade::Music => of(
            &[
                "Concert guitar",
                "Ukulele",
                "Music stand",
                "Metronome",
                "Recorder",
                "Cajón",
                "Guitar strap",
            ],
            &[
                "Set up in our workshop.",
                "Spruce top, maple back.",
                "With bag and tuner.",
            ],
            (890, 129_900),
            "Arts & Entertainment > Musical Instruments",
            541,
        ),
        Trade::Outdoor => of(
            &[
                "Tent",
                "Rucksack",
                "Sleeping bag",
                "Hiking boots",
                "Camping stove",
                "Head torch",
                "Climbing rope",
            ],
            &[
                "Packs to the size of a loaf.",
                "Waterproof to 5,000 mm.",
                "Tried above 3,000 metres.",
            ],
            (1990, 69_900),
            "Sporting Goods > Outdoor Recreation",
            401,
        ),
        Trade::Pets => of(
            &[
                "Dog bed",
                "Cat tree",
                "Lead",
                "Food bowl",
                "Scratching post",
                "Travel crate",
                "Chew toy",
            ],
            &[
                "Cover comes off for washing.",
                "Safe for teeth and floors.",
                "For dogs up to 30 kg.",
            ],
            (490, 24_900),
            "Animals & Pet Supplies",
            539,
        ),
        Trade::Shoes => of(
            &[
                "Ankle boots",
                "Trainers",
                "Sandals",
                "Loafers",
                "Slippers",
                "Rubber boots",
                "Brogues",
            ],
            &[
                "Leather inside and out.",
                "Can be resoled.",
                "Runs one size small.",
            ],
            (2900, 24_900),
            "Apparel & Accessories > Shoes",
            803,
        ),
        Trade::Sports => of(
            &[
                "Yoga mat",
                "Football",
                "Running vest",
                "Dumb-bell",
                "Tennis racket",
                "Swim goggles",
                "Skipping rope",
            ],
            &[
                "Match weight and size.",
                "Does not slip, does not smell.",
                "For beginners and clubs.",
            ],
            (690, 29_900),
            "Sporting Goods",
            520,
        ),
        Trade::Stationery => of(
            &[
                "Notebook",
                "Fountain pen",
                "Desk calendar",
                "Envelope set",
                "Ink",
                "Pencil case",
                "Letter paper",
            ],
            &[
                "Paper of 100 g, acid-free.",
                "Lies flat when open.",
                "Refills are always in stock.",
            ],
            (290, 14_900),
            "Office Supplies",
            474,
        ),
        Trade::Tools => of(
            &[
                "Cordless drill",
                "Jigsaw",
                "Socket set",
                "Spirit level",
                "Work bench",
                "Sanding paper",
                "Claw hammer",
            ],
            &[
                "With case and two batteries.",
                "Made for every day on site.",
                "Accuracy 0.5 mm per metre.",
            ],
            (490, 59_900),
            "Hardware > Tools",
            405,
        ),
        Trade::Toys => of(
            &[
                "Wooden train",
                "Puzzle",
                "Board game",
                "Doll",
                "Kite",
                "Building blocks",
                "Soft bear",
            ],
            &[
                "From three years on.",
                "Beech wood, water-based paint.",
                "Two to six players.",
            ],
            (490, 12_900),
            "Toys & Games",
            858,
        ),
    }
}
