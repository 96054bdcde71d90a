//! Names what can be wrong with a file or with the form of a record; the readers find it.
//!
//! A refusal has no function here: the reader that meets the damage refuses the file with the
//! rule's code. The form of a single record is reported here, so that it is counted, shown and
//! levelled like any other rule.

use crate::domain::contract::look::{Look, Quoted};
use crate::domain::contract::{Actor, Check, Rule};
use crate::domain::record::Damage;
use crate::domain::violation::Severity;

/// Why a whole file is refused.
pub static REFUSALS: Check = Check {
    name: "file",
    attributes: &[],
    rules: &[
        &FILE_EMPTY,
        &FILE_HTML,
        &FILE_FORMAT,
        &FILE_XLS,
        &FILE_SIZE,
        &FILE_COMPRESSION,
        &FILE_TRUNCATED,
        &FILE_ENCODING,
        &FILE_XML,
        &FILE_JSON,
        &FILE_HEADER,
        &FILE_DUP_HEADER,
    ],
    run: |_| {},
};

/// What is wrong with the form of one record.
pub static DAMAGE: Check = Check {
    name: "form",
    attributes: &[],
    rules: &[&FILE_COLUMNS, &FILE_CSV_QUOTE, &FILE_JSON_LINE, &FILE_NS],
    run: check_damage,
};

/// What the names of a file's fields say; known at its end.
pub static COLUMNS: Check = Check {
    name: "columns that nobody explains",
    attributes: &[],
    rules: &[&FILE_UNKNOWN_COLUMN],
    run: |_| {},
};

macro_rules! refusal {
    ($code:ident, $actor:ident, $title:literal, $meaning:literal, $expected:literal, $fix:literal) => {
        #[doc = $expected]
        pub static $code: Rule = Rule {
            code: stringify!($code),
            severity: Severity::Fatal,
            attribute: None,
            actor: Actor::$actor,
            threshold: None,
            title: $title,
            meaning: $meaning,
            expected: $expected,
            valid: &[],
            invalid: &[],
            fix: $fix,
        };
    };
}

refusal!(
    FILE_EMPTY,
    Partner,
    "Empty file",
    "The file has no byte, or no record in it. An empty file must not empty the catalogue, so it is refused \
     and what was there before stays.",
    "At least one record.",
    "Find out why the export wrote nothing; most often it ran before its data was there."
);
refusal!(
    FILE_HTML,
    Partner,
    "Web page instead of a feed",
    "The file is an HTML page: an error page, a login page or a page with a link to the feed.",
    "A feed file, not a web page.",
    "Open the address in a browser and take the address of the file itself."
);
refusal!(
    FILE_FORMAT,
    Partner,
    "Unknown format",
    "The content is none of the formats we read. The name of the file does not matter, only its content.",
    "CSV or TSV with a header row, RSS 2.0 or Atom with Google's names, JSON or NDJSON; any other XML whose feed profile names the \
     path to its records.",
    "Export the feed in one of the formats above, or have the feed's profile say how it is written."
);
refusal!(
    FILE_XLS,
    Partner,
    "Excel workbook",
    "The file is an Excel workbook. Workbooks change numbers without asking: leading zeros of GTINs get lost, \
     long numbers turn into 4.00638E+12.",
    "A text file such as CSV or TSV.",
    "Save the sheet as CSV (UTF-8), with the GTIN column formatted as text."
);
refusal!(
    FILE_SIZE,
    Partner,
    "File or record too large",
    "The unpacked file, or a single record of it, is larger than any feed should be.",
    "At most 4 GB unpacked, and at most 4 MB for one record.",
    "Split the feed; if one record is that large, look for a quote or a tag that is never closed."
);
refusal!(
    FILE_COMPRESSION,
    Partner,
    "Damaged packing",
    "The packed file cannot be unpacked whole: it was cut short on its way, its checksum does not fit, or it \
     unpacks to more than a thousand times its size. Or it is a zip archive with a password, or with several files.",
    "A whole gzip file, or a whole zip archive with one file in it.",
    "Send the file again, in binary mode, and only after it is written to its end."
);
refusal!(
    FILE_TRUNCATED,
    Partner,
    "Cut short",
    "The file ends in the middle of a record. Part of a catalogue looks like a catalogue whose other products \
     were withdrawn, so a cut file is refused whole.",
    "A file that is complete to its last record.",
    "Send the file again after it is written to its end; write it under another name and rename it when done."
);
refusal!(
    FILE_ENCODING,
    Partner,
    "Not in its encoding",
    "Some bytes do not belong to UTF-8, so letters would be wrong in every text that holds them.",
    "UTF-8, with or without a byte order mark.",
    "Export as UTF-8, or tell us the encoding the file is really in."
);
refusal!(
    FILE_XML,
    Partner,
    "Not well-formed XML",
    "The XML breaks the rules of XML itself: a tag is not closed, an entity is unknown, or it declares a \
     document type, which we do not read for safety.",
    "Well-formed XML without a document type, nested less than 64 levels deep.",
    "Let a library write the XML instead of joining text."
);
refusal!(
    FILE_JSON,
    Partner,
    "Not well-formed JSON",
    "The JSON breaks the rules of JSON itself: a quote, a comma or a bracket is missing, or something else than \
     an object stands where a record should.",
    "A list of objects, an object with such a list in it, or an object a line; nested less than 64 levels deep.",
    "Let a library write the JSON instead of joining text."
);
refusal!(
    FILE_HEADER,
    Partner,
    "No header",
    "The first row does not name the columns: no column is called id. Without names we would have to guess \
     what a column means.",
    "A first row with the names of the columns, id among them.",
    "Add a header row with Google's attribute names, or have the feed's profile name the columns."
);
refusal!(
    FILE_DUP_HEADER,
    Partner,
    "Column named twice",
    "Two columns have the same name, and only one of them can be right.",
    "Each column name once, but for attributes that may be repeated.",
    "Remove or rename one of the two columns."
);

/// A row that is longer or shorter than the header.
pub static FILE_COLUMNS: Rule = Rule {
    code: "FILE_COLUMNS",
    severity: Severity::Error,
    attribute: None,
    actor: Actor::Partner,
    threshold: None,
    title: "Wrong number of columns",
    meaning: "The row has another number of fields than the header. A separator inside a text that is not \
              quoted shifts every value after it, so none of them can be trusted.",
    expected: "As many fields in each row as in the header.",
    valid: &[],
    invalid: &[],
    fix: "Put texts that may hold the separator or a line break in double quotes.",
};

/// A quote that is not doubled.
pub static FILE_CSV_QUOTE: Rule = Rule {
    code: "FILE_CSV_QUOTE",
    severity: Severity::Error,
    attribute: None,
    actor: Actor::Partner,
    threshold: None,
    title: "Quote not doubled",
    meaning: "Inside a quoted field stands a double quote that is not doubled. Where the field ends can only \
              be guessed, so the row is held and reading goes on with the next sound row.",
    expected: "Each double quote inside a quoted field written twice: \"iPhone 5\"\" screen\".",
    valid: &[],
    invalid: &[],
    fix: "Let a CSV library write the file, or double each quote inside quoted fields.",
};

/// A line of NDJSON that is no object.
pub static FILE_JSON_LINE: Rule = Rule {
    code: "FILE_JSON_LINE",
    severity: Severity::Error,
    attribute: None,
    actor: Actor::Partner,
    threshold: None,
    title: "Line that is no JSON object",
    meaning: "In a file with an object a line, this line breaks the rules of JSON or holds something else than an \
              object. What it says can only be guessed, so the line is held and reading goes on with the next. A file \
              of such lines alone, or one that ends inside an object, is refused whole.",
    expected: "One well-formed JSON object in each line.",
    valid: &[],
    invalid: &[],
    fix: "Let a library write each line instead of joining text; it escapes quotes and line breaks.",
};

/// The prefix `g` that is not Google's.
pub static FILE_NS: Rule = Rule {
    code: "FILE_NS",
    severity: Severity::Error,
    attribute: None,
    actor: Actor::Partner,
    threshold: None,
    title: "Prefix g: bound wrongly",
    meaning: "The prefix g is bound to another namespace than Google's, or to none, so the record's attributes \
              are not Google's attributes.",
    expected: "xmlns:g=\"http://base.google.com/ns/1.0\" on the root element.",
    valid: &[],
    invalid: &[],
    fix: "Declare the namespace exactly like this, without https and without a slash at the end.",
};

/// A field that nobody explains.
pub static FILE_UNKNOWN_COLUMN: Rule = Rule {
    code: "FILE_UNKNOWN_COLUMN",
    severity: Severity::Info,
    attribute: None,
    actor: Actor::Us,
    threshold: None,
    title: "Field not in the specification",
    meaning: "Records have values in columns or elements that are not in Google's specification, and the feed's \
              profile neither maps them nor leaves them out. They are kept with the record, but no rule looks at \
              them: a misspelt or translated name is a missing attribute. The file is told of it once, with the \
              records that have each of them; names that the format itself has, such as pubDate, are not told.",
    expected: "Google's attribute names, or a profile that says what others mean.",
    valid: &[],
    invalid: &[],
    fix: "Map the name to its attribute in the feed's profile, or map it to nothing to leave it out. If it is \
          misspelt, have the partner correct it.",
};

fn check_damage(look: &mut Look<'_>) {
    match look.raw().damage() {
        None => {}
        Some(Damage::Columns { found, expected }) => look.report(
            &FILE_COLUMNS,
            "",
            None,
            format_args!("The row has {found} fields where the header has {expected}."),
        ),
        Some(Damage::Quote { column }) => look.report(
            &FILE_CSV_QUOTE,
            "",
            None,
            format_args!("Field {column} of the row holds a quote that is neither doubled nor at its end."),
        ),
        Some(Damage::Json { fault }) => look.report(&FILE_JSON_LINE, "", None, format_args!("{fault}")),
        Some(Damage::Namespace { bound_to }) if bound_to.is_empty() => look.report(
            &FILE_NS,
            "",
            None,
            format_args!("The prefix g: is used but never bound to http://base.google.com/ns/1.0."),
        ),
        Some(Damage::Namespace { bound_to }) => look.report(
            &FILE_NS,
            bound_to,
            None,
            format_args!(
                "The prefix g: is bound to {}, not to http://base.google.com/ns/1.0.",
                Quoted(bound_to)
            ),
        ),
    }
}
