// Makes records that are sound, nearly sound or far from it, the same ones for the same seed.

type Field = [string, string];

/** Numbers from 0 to 1 that follow from a seed (mulberry32). */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A record without faults, but for its currency and its links, which feeds differ in. */
const sound: Field[] = [
  ["id", "SKU-1001"],
  ["title", "Blue enamel mug, 350 ml"],
  ["description", "A mug of enamelled steel that keeps coffee warm for a while."],
  ["link", "https://shop.example.com/mug?v=1"],
  ["image_link", "https://shop.example.com/mug.jpg"],
  ["availability", "in_stock"],
  ["price", "12.90 EUR"],
  ["condition", "new"],
  ["gtin", "4006381333931"],
  ["brand", "Emalia"],
  ["mpn", "EM-350"],
];

/** What else may stand in a field, by its name. */
const values: Record<string, string[]> = {
  id: ["", " ", "a b", "ABC\u00a0123", "x".repeat(51), "sku\u0000", "½-é-😀", "<script>alert(1)</script>"],
  title: ["", "MUG MUG MUG MUG MUG", "t".repeat(151), "Mug &amp; spoon", "<b>Mug</b>", "Кружка\u200b эмалированная", "😀".repeat(80), "BUY NOW!!! FREE"],
  description: ["", "d".repeat(5001), "<p>Good</p>\nmug", "Ã© broken Ã¼ text", "short", "a\ttab\nand\n\nlines"],
  link: ["", "shop.example.com", "http://", "ftp://shop.example.com/a", "https://shop.example.com/a b", "https://пример.рф/é", "https://user:pw@shop.example.com/", `https://shop.example.com/${"x".repeat(2100)}`, "https://127.0.0.1/x", "https://[::1]/", "javascript:alert(1)"],
  image_link: ["", "https://shop.example.com/mug.svg", "https://shop.example.com/placeholder.png", "//shop.example.com/a.jpg", "mug.jpg", "https://shop.example.com:99999/a.jpg"],
  additional_image_link: ["https://shop.example.com/2.jpg", "https://shop.example.com/2.jpg,https://shop.example.com/3.jpg", "nope", "https://shop.example.com/mug.jpg"],
  availability: ["in stock", "IN_STOCK", "auf Lager", "preorder", "backorder", "yes", "out_of_stock", ""],
  availability_date: ["2027-01-31", "2020-01-01T00:00Z", "31.12.2026", "2026-13-40", "soon"],
  price: ["12,90 EUR", "1.234,56 EUR", "1,234.56 EUR", "EUR 12.90", "12.90", "€12.90", "0 EUR", "-3.00 EUR", "12.999 EUR", "99999999999999999999 EUR", "1e3 EUR", "12.90 USD", "12 900 CZK", "４２.00 EUR", "twelve", ""],
  sale_price: ["9.90 EUR", "12.90 EUR", "15.00 EUR", "9,90", "0.00 EUR", "9.90 USD"],
  sale_price_effective_date: ["2026-11-01T00:00Z/2026-12-31T23:59Z", "2026-12-31/2026-11-01", "tomorrow", "2026-11-01T00:00+0100/2026-12-31T00:00+0100"],
  condition: ["New", "used", "neu", "as good as new", ""],
  gtin: ["4006381333932", "400638133393", "96385074", "0000000000000", "2012345678900", "9783161484100", "978-3-16-148410-0", "12345", "4,006381E+12", "٤٠٠٦٣٨١٣٣٣٩٣١", "4006381333931 ", "00012345600012"],
  brand: ["", "N/A", "unknown", "b".repeat(71), "Émalia & Söhne"],
  mpn: ["", "n/a", "m".repeat(71), "EM\u00ad350"],
  google_product_category: ["166", "Home & Garden > Kitchen & Dining", "0", "Home > ", "99999999", "6 > 7"],
  product_type: ["Kitchen > Mugs", "p".repeat(760), ">"],
  identifier_exists: ["no", "yes", "false", "maybe"],
  color: ["blue", "#ff0000", "blue/white/red", "x".repeat(101), "7", "blue/blue"],
  size: ["M", "S,M,L", "s".repeat(101), ""],
  gender: ["female", "Damen", "unisex", "?"],
  age_group: ["adult", "baby", "teens"],
  item_group_id: ["MUG", "g".repeat(51), "a b"],
  shipping: ["DE:::4.90 EUR", "DE::Standard:4,90 EUR", "XX:::1 EUR", "4.90", "DE:::-1 EUR"],
  shipping_weight: ["350 g", "0.35kg", "350", "-1 kg", "1e9 kg"],
  product_weight: ["350 g", "350 stone", "0 g"],
  adult: ["yes", "no", "perhaps"],
  multipack: ["6", "1", "0", "-2", "six", "99999999999999999999"],
  is_bundle: ["yes", "TRUE", "b"],
  energy_efficiency_class: ["A+", "H", "a++"],
  expiration_date: ["2026-12-31", "2019-01-01", "never"],
  custom_label_0: ["autumn", "l".repeat(101)],
  product_highlight: ["Keeps warm", "h".repeat(151)],
  product_detail: ["General:Volume:350 ml", "no colons", "::"],
  unit_pricing_measure: ["350 ml", "350", "1 parsec"],
  unit_pricing_base_measure: ["100 ml", "7 ml"],
  "g:title": ["Prefixed mug", ""],
  "Price": ["3.00 EUR"],
  "not an attribute": ["x"],
  upc: ["036000291452", "036000291453"],
};

/** Letters of many kinds, some of which are none. */
const letters = [..."aZ09 ,.;:/<>&\"'-_%#?=+\n\t", "é", "ß", "İ", "Я", "漢", "\u0301", "\u200d", "\u00a0", "😀", "\ufeff", "\ufffd", "\u202e"];

export function strange(seed: number, count: number): Field[][] {
  const next = chance(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T;
  const noise = () => Array.from({ length: Math.floor(next() * 40) }, () => pick(letters)).join("");
  const names = Object.keys(values);
  const change = (record: Field[]): void => {
    const name = pick(names);
    const kind = next();
    const value = kind < 0.85 ? pick(values[name] ?? [""]) : noise();
    const there = record.findIndex(([n]) => n === name);
    if (kind > 0.8 && there >= 0) record.splice(there, 1);
    else if (there >= 0 && next() < 0.9) record[there] = [name, value];
    else record.push([name, value]);
  };
  return Array.from({ length: count }, () => {
    const record = sound.map((field): Field => [...field]);
    for (let changes = Math.floor(next() * 6); changes > 0; changes -= 1) change(record);
    return record.length > 0 ? record : [["id", "1"]];
  });
}
