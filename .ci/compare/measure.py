"""Checks six rules on a CSV feed with other people's tools, for the table of `feedgate bench`.

usage: measure.py polars|pandera|pointblank FILE

Prints one line of JSON: records, seconds of the checking alone (imports are not counted), peak
resident memory of the process in bytes, and how many records broke each rule, so that it can be
seen that the work was done. The rules are a tenth of what feedgate asks:

    id          is there
    title       1 to 150 characters
    link        begins with http:// or https://
    availability  one of four words
    price       a number with at most two decimals and a currency, above zero
    gtin        empty, or 8, 12, 13 or 14 digits (no check digit)
"""

import json
import resource
import sys
import time

WORDS = ["in_stock", "out_of_stock", "preorder", "backorder"]
LINK = r"^https?://\S+$"
PRICE = r"^\d{1,12}(\.\d{1,2})? [A-Z]{3}$"
ZERO = r"^0+(\.0+)? "
GTIN = r"^(\d{8}|\d{12}|\d{13}|\d{14})$"
COLUMNS = ["id", "title", "link", "availability", "price", "gtin"]


def scan(path):
    import polars as pl

    # Faulty rows may be a field short; none of these tools has a place to put them.
    rows = pl.scan_csv(path, infer_schema=False, truncate_ragged_lines=True)
    return rows.select(pl.col(COLUMNS).fill_null(""))


def rules():
    import polars as pl

    return {
        "id": pl.col("id").str.len_bytes() > 0,
        "title": pl.col("title").str.len_chars().is_between(1, 150),
        "link": pl.col("link").str.contains(LINK),
        "availability": pl.col("availability").is_in(WORDS),
        "price": pl.col("price").str.contains(PRICE) & ~pl.col("price").str.contains(ZERO),
        "gtin": (pl.col("gtin") == "") | pl.col("gtin").str.contains(GTIN),
    }


def with_polars(path):
    import polars as pl

    begun = time.perf_counter()
    bad = [(~rule).sum().alias(name) for name, rule in rules().items()]
    row = scan(path).select(pl.len().alias("records"), *bad).collect(engine="streaming").row(0, named=True)
    records = row.pop("records")
    return records, time.perf_counter() - begun, row


def with_pandera(path):
    import pandera.polars as pa

    check = pa.Check
    schema = pa.DataFrameSchema(
        {
            "id": pa.Column(str, check.str_length(min_value=1)),
            "title": pa.Column(str, check.str_length(min_value=1, max_value=150)),
            "link": pa.Column(str, check.str_matches(LINK)),
            "availability": pa.Column(str, check.isin(WORDS)),
            "price": pa.Column(str, [check.str_matches(PRICE), check.str_matches(r"^(?:0*[1-9]|0*\.?0*[1-9]|0+\.0*[1-9])")]),
            "gtin": pa.Column(str, check.str_matches(r"^(\d{8}|\d{12}|\d{13}|\d{14}|)$")),
        }
    )
    begun = time.perf_counter()
    frame = scan(path).collect()
    found = {}
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        for failure in errors.schema_errors:
            name = failure.schema.name
            cases = failure.failure_cases
            found[name] = found.get(name, 0) + (len(cases) if hasattr(cases, "__len__") else 1)
    return frame.height, time.perf_counter() - begun, found


def with_pointblank(path):
    import pointblank as pb

    begun = time.perf_counter()
    frame = scan(path).collect()
    validation = (
        pb.Validate(frame)
        .col_vals_regex("id", r".")
        .col_vals_regex("title", r"^.{1,150}$")
        .col_vals_regex("link", LINK)
        .col_vals_in_set("availability", WORDS)
        .col_vals_regex("price", PRICE)
        .col_vals_regex("gtin", r"^(\d{8}|\d{12}|\d{13}|\d{14}|)$")
        .interrogate(get_first_n=50)
    )
    seconds = time.perf_counter() - begun
    failed = validation.n_failed()
    return frame.height, seconds, dict(zip(COLUMNS, failed.values(), strict=True))


def main():
    tool, path = sys.argv[1:]
    tools = {"polars": with_polars, "pandera": with_pandera, "pointblank": with_pointblank}
    records, seconds, found = tools[tool](path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"records": records, "seconds": seconds, "peak_memory": peak, "found": found}))


main()
