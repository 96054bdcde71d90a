//! Reads RSS 2.0, RSS 1.0 and Atom with Google's names, and any other XML by the path to its
//! records.
//!
//! An item's child elements are its fields. Those in Google's namespace come as `g:name`
//! whatever their prefix; the others by their plain name. Elements with children of their own
//! become the text that rows have for them (`US:::3.50 USD`), so that the same product is the
//! same record in every format. By a path, fields are named by their way from the record (see
//! [`tree`]). A document type is refused, which leaves no entity to blow up.

mod tree;

use super::encoding::refuse_bytes;
use super::plan::Plan;
use super::source::Limits;
use super::stop::{Stop, refuse};
use super::tap::Tap;
use super::{Block, nested};
use crate::domain::contract::checks::file;
use crate::domain::record::{Attribute, Damage, Names, Position, RawRecord, rank};
use crate::domain::report::Format;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::{Error, NsReader};
use std::io::{self, Read};
use std::sync::Arc;
use tree::{TooMany, Tree};

/// Google's namespace, which `g:` stands for.
const GOOGLE: &[u8] = b"http://base.google.com/ns/1.0";
const ATOM: &[&[u8]] = &[b"http://www.w3.org/2005/Atom", b"http://purl.org/atom/ns#"];
/// Names that RSS and Atom themselves give the fields of an item.
const OWN_NAMES: &[&str] = &[
    "atom:id",
    "author",
    "category",
    "comments",
    "contributor",
    "enclosure",
    "guid",
    "link_alternate",
    "link_enclosure",
    "link_related",
    "link_self",
    "link_via",
    "pubdate",
    "published",
    "rights",
    "source",
    "updated",
];
/// Items in one block.
const BLOCK: usize = 200;

/// What the element that was opened means.
enum Level {
    /// Outside items.
    Around,
    /// An item.
    Item,
    /// A field of an item.
    Field,
    /// Inside a field.
    Part,
}

/// Reads items one after another.
pub struct Reader {
    xml: NsReader<Tap>,
    buffer: Vec<u8>,
    format: Option<Format>,
    names: Arc<Names>,
    /// The names every item begins with, to start afresh from.
    fresh: Arc<Names>,
    limits: Limits,
    /// Open elements.
    depth: usize,
    /// Depth of the children of an item; 0 while outside.
    item_depth: usize,
    item_start: u64,
    root_closed: bool,
    items: u64,
    field: Field,
    /// The paths that lead to a record; none where the vocabulary is Google's.
    paths: Vec<Vec<String>>,
    /// The open elements outside items.
    around: Vec<String>,
    tree: Tree,
}

/// The field being read.
#[derive(Default)]
struct Field {
    name: Option<u16>,
    is_google: bool,
    text: String,
    /// Names and values of child elements.
    parts: Vec<(String, String)>,
    /// The address of an Atom link.
    href: Option<String>,
}

impl Reader {
    /// Takes the text; `offset` is where it begins in the file.
    pub(super) fn open(text: Box<dyn Read + Send>, offset: usize, limits: Limits, plan: &Plan) -> Self {
        // By a path it is not known whose names they are.
        let own = if plan.paths.is_empty() { OWN_NAMES } else { &[] };
        let mut names = plan.names().of_format(own);
        plan.prepare(&mut names);
        let names = Arc::new(names);
        let mut xml = NsReader::from_reader(Tap::new(text, offset as u64, limits.record));
        let config = xml.config_mut();
        config.expand_empty_elements = true;
        config.check_end_names = true;
        Self {
            xml,
            buffer: Vec::new(),
            format: None,
            names: Arc::clone(&names),
            fresh: names,
            limits,
            depth: 0,
            item_depth: 0,
            item_start: 0,
            root_closed: false,
            items: 0,
            field: Field::default(),
            paths: plan.paths.clone(),
            around: Vec::new(),
            tree: Tree::default(),
        }
    }

    /// What the root element says it is.
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// The names met so far.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Reads up to the root element.
    pub fn read_root(&mut self) -> Result<(), Stop> {
        while self.format.is_none() {
            if !self.step(None)? {
                return Err(refuse(
                    &file::FILE_XML,
                    Some(self.offset()),
                    "The XML has no element in it.",
                ));
            }
        }
        Ok(())
    }

    /// Fills a block with the items that come next; false when there are no more.
    pub fn fill(&mut self, block: &mut Block) -> Result<bool, Stop> {
        block.clear();
        let mut bytes = 0;
        while block.count < BLOCK && bytes < (256 << 10) {
            let slot = block.slot();
            if !self.read_item(slot)? {
                break;
            }
            bytes += slot.original().len();
            block.count += 1;
        }
        if self.items == 0 {
            let what = match self.paths.first() {
                None => "The file has no item in it".to_owned(),
                Some(path) => format!("The XML has no element at the record path /{}", path.join("/")),
            };
            return Err(refuse(
                &file::FILE_EMPTY,
                Some(self.offset()),
                format!("{what}; nothing of it takes effect."),
            ));
        }
        Ok(block.count > 0)
    }

    fn read_item(&mut self, record: &mut RawRecord) -> Result<bool, Stop> {
        let items = self.items;
        if self.names.len() > Names::LIMIT / 2 {
            // Partners name properties by what they are; a long file has thousands of them.
            self.names = Arc::clone(&self.fresh);
        }
        record.begin(&self.names, Position::default());
        while self.step(Some(record))? {
            if self.items > items {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn offset(&self) -> u64 {
        self.xml.get_ref().base() + self.xml.buffer_position()
    }

    /// Reads one event; false at the end of the file.
    fn step(&mut self, record: Option<&mut RawRecord>) -> Result<bool, Stop> {
        let start = self.xml.buffer_position();
        self.xml.get_mut().begin_event(self.item_depth > 0, start);
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        let result = match self.xml.read_resolved_event_into(&mut buffer) {
            Ok((namespace, event)) => {
                let namespace = match namespace {
                    ResolveResult::Bound(namespace) => Space::of(namespace.0),
                    ResolveResult::Unbound => Space::None,
                    ResolveResult::Unknown(_) => Space::Unknown,
                };
                self.take(namespace, event, start, record)
            }
            Err(error) => Err(self.refusal(error)),
        };
        self.buffer = buffer;
        result
    }

    fn take(
        &mut self,
        space: Space,
        event: Event<'_>,
        start: u64,
        record: Option<&mut RawRecord>,
    ) -> Result<bool, Stop> {
        match event {
            Event::Start(element) => self.open_element(space, &element, start, record)?,
            Event::End(_) => self.close_element(record)?,
            Event::Text(text) => self.add_text(&text)?,
            Event::CData(text) => self.add_text(&text)?,
            Event::GeneralRef(entity) => self.add_entity(&entity)?,
            Event::DocType(_) => {
                return Err(
                    self.refuse_xml("declares a document type, which is not read for safety; leave it out")
                );
            }
            Event::Eof => return self.end().map(|()| false),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
        Ok(true)
    }

    fn level(&self) -> Level {
        match (self.item_depth, self.depth) {
            (0, _) => Level::Around,
            (item, depth) if depth + 1 == item => Level::Item,
            (item, depth) if depth == item => Level::Field,
            _ => Level::Part,
        }
    }

    fn open_element(
        &mut self,
        space: Space,
        element: &BytesStart<'_>,
        start: u64,
        record: Option<&mut RawRecord>,
    ) -> Result<(), Stop> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(self.refuse_xml(&format!("nests more than {} levels deep", self.limits.depth)));
        }
        if self.root_closed {
            return Err(self.refuse_xml("has a second root element"));
        }
        match self.level() {
            Level::Around if self.depth == 1 => {
                self.read_root_element(&space, element)?;
                self.around.push(name_of(element));
            }
            Level::Around => {
                self.around.push(name_of(element));
                let is_item = match self.format {
                    Some(Format::Xml) => self.is_at_record(),
                    Some(Format::Atom) => element.local_name().as_ref() == b"entry" && self.depth == 2,
                    _ => element.local_name().as_ref() == b"item" && self.depth <= 3,
                };
                if is_item {
                    self.item_depth = self.depth + 1;
                    self.item_start = start;
                    if self.format == Some(Format::Xml)
                        && let Some(record) = record
                    {
                        let begun = self.tree.begin(element, &mut self.names, record);
                        begun.map_err(|TooMany| self.refuse_many())?;
                    }
                }
            }
            Level::Item => {}
            Level::Field | Level::Part if self.format == Some(Format::Xml) => {
                if let Some(record) = record {
                    let opened = self.tree.open(&space, element, &mut self.names, record);
                    opened.map_err(|TooMany| self.refuse_many())?;
                    if record.len() > self.limits.fields {
                        return Err(self.refuse_many());
                    }
                }
            }
            Level::Field => {
                if let Some(record) = record {
                    self.open_field(space, element, record)?;
                }
            }
            Level::Part => {
                let name = String::from_utf8_lossy(element.local_name().as_ref()).into_owned();
                if self.depth == self.item_depth + 1 {
                    self.field.parts.push((name, String::new()));
                }
            }
        }
        Ok(())
    }

    fn is_at_record(&self) -> bool {
        let fits = |(step, name): (&String, &String)| {
            step == "*" || step == name || name.split_once(':').is_some_and(|(_, local)| local == step)
        };
        let mut paths = self.paths.iter();
        paths.any(|path| path.len() == self.around.len() && path.iter().zip(&self.around).all(fits))
    }

    fn refuse_many(&self) -> Stop {
        self.refuse_xml("has more than 10,000 fields in its items")
    }

    fn read_root_element(&mut self, space: &Space, element: &BytesStart<'_>) -> Result<(), Stop> {
        self.format = match element.local_name().as_ref() {
            name if !self.paths.is_empty() && !name.eq_ignore_ascii_case(b"html") => Some(Format::Xml),
            b"rss" | b"RDF" => Some(Format::Rss),
            b"feed" if matches!(space, Space::Atom | Space::None) => Some(Format::Atom),
            name if name.eq_ignore_ascii_case(b"html") => {
                return Err(refuse(
                    &file::FILE_HTML,
                    Some(0),
                    "The file is an HTML page, not a feed; check that the address leads to the file itself.",
                ));
            }
            name => {
                let name = String::from_utf8_lossy(name);
                return Err(refuse(
                    &file::FILE_FORMAT,
                    Some(0),
                    format!(
                        "The XML begins with <{name}>, which is neither RSS nor Atom; say in the feed's profile which \
                         path leads to a record."
                    ),
                ));
            }
        };
        if self.format == Some(Format::Atom) {
            let names = Arc::make_mut(&mut self.names);
            names.define("summary", Attribute::Description, rank::STAND_IN);
            names.define("content", Attribute::Description, rank::STAND_IN + 1);
            self.fresh = Arc::clone(&self.names);
        }
        Ok(())
    }

    fn open_field(
        &mut self,
        space: Space,
        element: &BytesStart<'_>,
        record: &mut RawRecord,
    ) -> Result<(), Stop> {
        let qualified = element.name();
        let local = std::str::from_utf8(qualified.local_name().into_inner()).unwrap_or_default();
        let prefix = qualified
            .prefix()
            .map(quick_xml::name::Prefix::into_inner)
            .unwrap_or_default();
        if prefix == b"g" && !matches!(space, Space::Google) && record.damage().is_none() {
            let bound_to = if let Space::Other(uri) = &space {
                uri.clone()
            } else {
                String::new()
            };
            record.set_damage(Damage::Namespace { bound_to });
        }
        let is_atom = self.format == Some(Format::Atom);
        self.field.is_google = matches!(space, Space::Google);
        self.field.text.clear();
        self.field.parts.clear();
        self.field.href = None;
        // The name is put together where the text will be, to spare an allocation.
        let name = &mut self.field.text;
        if is_atom && local == "id" && matches!(space, Space::Atom | Space::None) {
            // An entry's own id names the entry; the product's id is g:id.
            name.push_str("atom:");
        }
        space.name(element, name);
        if is_atom && name == "link" {
            let mut relation = None;
            for attribute in element.attributes().flatten() {
                let value = attribute.unescape_value().unwrap_or_default().into_owned();
                match attribute.key.as_ref() {
                    b"href" => self.field.href = Some(value),
                    b"rel" => relation = Some(value),
                    _ => {}
                }
            }
            if let Some(relation) = relation.filter(|relation| relation != "alternate") {
                self.field.text.push('_');
                self.field.text.push_str(&relation);
            }
        }
        self.field.name = match self.names.find(&self.field.text) {
            Some(number) => Some(number),
            None => Arc::make_mut(&mut self.names).number(&self.field.text),
        };
        self.field.text.clear();
        if self.field.name.is_none() || record.len() >= self.limits.fields {
            return Err(self.refuse_many());
        }
        Ok(())
    }

    fn close_element(&mut self, record: Option<&mut RawRecord>) -> Result<(), Stop> {
        let level = self.level();
        if matches!(level, Level::Around | Level::Item) {
            self.around.pop();
        }
        match (level, record) {
            (Level::Field | Level::Part, Some(record)) if self.format == Some(Format::Xml) => {
                let closed = self.tree.close(&mut self.names, record);
                closed.map_err(|TooMany| self.refuse_many())?;
            }
            (Level::Field, Some(record)) => self.close_field(record),
            (Level::Item, Some(record)) => {
                let end = self.xml.buffer_position();
                let tap = self.xml.get_ref();
                let position = Position {
                    index: self.items + 1,
                    line: 0,
                    offset: tap.base() + self.item_start,
                };
                if end - self.item_start > self.limits.record as u64 {
                    let message = format!(
                        "Item {} is larger than {} bytes; none is.",
                        self.items + 1,
                        self.limits.record
                    );
                    return Err(refuse(&file::FILE_SIZE, Some(position.offset), message));
                }
                let Ok(original) = std::str::from_utf8(tap.captured(self.item_start, end)) else {
                    // The tap lets through nothing else than UTF-8.
                    return Err(self.refuse_xml("cannot be read"));
                };
                record.finish(&self.names, position, original);
                self.items += 1;
                self.item_depth = 0;
            }
            _ => {}
        }
        self.depth -= 1;
        self.root_closed |= self.depth == 0;
        Ok(())
    }

    fn close_field(&mut self, record: &mut RawRecord) {
        let Some(name) = self.field.name.take() else {
            return;
        };
        if let Some(href) = self.field.href.take()
            && self.field.text.trim().is_empty()
        {
            record.push(name, &href);
        } else if self.field.is_google && !self.field.parts.is_empty() {
            let value = nested::join(&self.names.name(name).text, &self.field.parts);
            record.push(name, &value);
        } else {
            record.push(name, &self.field.text);
        }
    }

    fn add_text(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        if self.item_depth == 0 || self.depth < self.item_depth {
            if self.depth == 0 && !bytes.trim_ascii().is_empty() {
                return Err(self.refuse_xml("has text outside its root element"));
            }
            return Ok(());
        }
        // The tap lets through nothing else than UTF-8, and events end between characters.
        self.add(std::str::from_utf8(bytes).unwrap_or_default());
        Ok(())
    }

    fn add(&mut self, text: &str) {
        if self.format == Some(Format::Xml) {
            self.tree.add(text);
            return;
        }
        if self.depth > self.item_depth
            && let Some((_, value)) = self.field.parts.last_mut()
        {
            value.push_str(text);
        }
        // A field that holds markup of its own keeps the text of it all.
        self.field.text.push_str(text);
    }

    fn add_entity(&mut self, entity: &BytesRef<'_>) -> Result<(), Stop> {
        let c = match &**entity {
            b"amp" => Some('&'),
            b"lt" => Some('<'),
            b"gt" => Some('>'),
            b"quot" => Some('"'),
            b"apos" => Some('\''),
            _ => entity.resolve_char_ref().ok().flatten(),
        };
        let Some(c) = c else {
            let name = String::from_utf8_lossy(entity)
                .chars()
                .take(20)
                .collect::<String>();
            return Err(self.refuse_xml(&format!("names the entity &{name};, which XML does not know")));
        };
        if self.item_depth > 0 && self.depth >= self.item_depth {
            self.add(c.encode_utf8(&mut [0; 4]));
        }
        Ok(())
    }

    fn end(&self) -> Result<(), Stop> {
        if self.root_closed && self.depth == 0 {
            return Ok(());
        }
        Err(refuse(
            &file::FILE_TRUNCATED,
            Some(self.offset()),
            format!(
                "The XML ends with {} elements still open, after {} whole items; it was cut short.",
                self.depth, self.items
            ),
        ))
    }

    fn refuse_xml(&self, what: &str) -> Stop {
        let message = format!("The XML {what} (item {}).", self.items + 1);
        refuse(
            &file::FILE_XML,
            Some(self.xml.get_ref().base() + self.xml.error_position().max(self.xml.buffer_position())),
            message,
        )
    }

    fn refusal(&self, error: Error) -> Stop {
        let offset = Some(self.xml.get_ref().base() + self.xml.error_position());
        match error {
            Error::Io(error) => match Arc::try_unwrap(error) {
                Ok(error) => Stop::from(error),
                Err(shared) => Stop::Failed(io::Error::new(shared.kind(), shared.to_string())),
            },
            // Every one of these is a construct that the file ends in.
            Error::Syntax(_) if self.xml.get_ref().ended() => refuse(
                &file::FILE_TRUNCATED,
                offset,
                format!(
                    "The XML ends in the middle of a tag, after {} whole items; it was cut short.",
                    self.items
                ),
            ),
            error => refuse(
                &file::FILE_XML,
                offset,
                format!("The XML is not well-formed in item {}: {error}.", self.items + 1),
            ),
        }
    }
}

/// Which namespace an element is in.
enum Space {
    None,
    Google,
    Atom,
    /// Its prefix is bound to nothing.
    Unknown,
    Other(String),
}

impl Space {
    /// Writes an element's name: `g:name` for Google's whatever the prefix, the plain name for
    /// those of the vocabulary itself, and as it stands for all others.
    fn name(&self, element: &BytesStart<'_>, out: &mut String) {
        let qualified = element.name();
        match self {
            Self::Google => out.push_str("g:"),
            Self::None | Self::Atom => {}
            Self::Unknown | Self::Other(_) => {
                if let Some(prefix) = qualified.prefix() {
                    out.push_str(std::str::from_utf8(prefix.into_inner()).unwrap_or_default());
                    out.push(':');
                }
            }
        }
        out.push_str(std::str::from_utf8(qualified.local_name().into_inner()).unwrap_or_default());
    }

    fn of(uri: &[u8]) -> Self {
        if uri == GOOGLE {
            Self::Google
        } else if ATOM.contains(&uri) {
            Self::Atom
        } else if uri == b"http://purl.org/rss/1.0/" {
            Self::None
        } else {
            Self::Other(String::from_utf8_lossy(uri).into_owned())
        }
    }
}

/// An element's name with its prefix, as it stands.
fn name_of(element: &BytesStart<'_>) -> String {
    String::from_utf8_lossy(element.name().as_ref()).into_owned()
}

/// Refuses bytes that are not UTF-8.
pub(super) fn refuse_at(around: &[u8], at: usize, offset: u64) -> Stop {
    refuse_bytes(around, around.get(at).copied().unwrap_or_default(), offset)
}
