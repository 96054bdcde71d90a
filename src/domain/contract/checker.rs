//! Sends records through the rules and keeps what the rules must know across one file.
//!
//! [`Rules`] looks at one record by itself and is shared by all cores. [`Across`] then sees
//! the records in the order of the file and says what no record can say of itself: that its
//! id came before. [`Checker`] is both in one, for whoever goes through records one by one.

use super::across::{Across, AtEnd};
use super::checks::{self, across::Marks};
use super::look::Look;
use super::sound::{Asked, Sound, hash};
use super::text::trim;
use super::{Contract, Currency, Known, Pictures, Rule, Standing, Taxonomy, rule};
use crate::domain::record::{Attribute, RawRecord, Record};
use crate::domain::violation::{Severity, Violation};
use chrono::{DateTime, Utc};
use std::borrow::Cow;
use std::fmt::{self, Write};
use xxhash_rust::xxh3::xxh3_64;

pub(super) const NO_FIELD: u16 = u16::MAX;

/// A part of the text of a [`Checked`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span {
    start: usize,
    end: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub(super) rule: &'static Rule,
    pub(super) severity: Severity,
    pub(super) value: Span,
    pub(super) message: Span,
    pub(super) suggestion: Option<Span>,
}

/// The 64 bits that stand for a case-folded product id. Of a million ids, two are taken for
/// one with a probability of 3 in 10⁸.
pub fn identity(key: &str) -> u64 {
    xxh3_64(key.as_bytes())
}

/// What the contract makes of one record.
///
/// It holds only what differs from the record as sent, and is filled again for the next:
/// a record without faults costs no allocation.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Normalised values, sentences and the like, one after the other.
    pub(super) text: String,
    pub(super) findings: Vec<Finding>,
    /// What rules on trial found; it counts for nothing.
    pub(super) shadows: Vec<Finding>,
    /// The version of the contract that it was checked under.
    pub(super) version: u32,
    /// Fields whose normalised value is more than the sent one without the space around it.
    pub(super) replaced: Vec<(usize, Span)>,
    /// The field that counts for each attribute.
    pub(super) slots: [u16; Attribute::COUNT],
    /// The attributes that more than one field names, a bit each.
    pub(super) repeated: u128,
    /// The attributes that two fields of one rank name with different values, a bit each.
    pub(super) differing: u128,
    /// The attributes with a value, a bit each; none when the record's form is damaged.
    pub(super) present: u128,
    /// The price as understood: its currency, and its amount in hundredths.
    pub(super) price: Option<(Currency, u64)>,
    /// The availability as understood.
    pub(super) availability: Option<&'static str>,
    /// The hashes of the values that are remembered; what stands under an attribute that is not
    /// present is of an earlier record.
    pub(super) hashes: Box<[u64; Attribute::COUNT]>,
    /// The attributes whose value is remembered and was not known.
    pub(super) news: Vec<Attribute>,
    /// What is compared with other records of the file.
    pub(super) marks: Marks,
    pub(super) id: Span,
    pub(super) key: Span,
    /// Hash of the key; none when the record has no id to be known by.
    pub(super) identity: Option<u64>,
}

impl Default for Checked {
    fn default() -> Self {
        Self {
            text: String::new(),
            findings: Vec::new(),
            shadows: Vec::new(),
            version: 0,
            replaced: Vec::new(),
            slots: [NO_FIELD; Attribute::COUNT],
            repeated: 0,
            differing: 0,
            present: 0,
            price: None,
            availability: None,
            hashes: Box::new([0; Attribute::COUNT]),
            news: Vec::new(),
            marks: Marks::default(),
            id: Span::default(),
            key: Span::default(),
            identity: None,
        }
    }
}

impl Checked {
    /// The record's id, trimmed, inner white space collapsed; empty when it has none.
    pub fn id(&self) -> &str {
        self.at(self.id)
    }

    /// The id as identity: case-folded, for `abc123` and `ABC123` are one product.
    pub fn key(&self) -> &str {
        self.at(self.key)
    }

    /// The 64 bits that stand for [`Checked::key`] where whole keys would take too much room;
    /// none when the record has no id.
    pub fn identity(&self) -> Option<u64> {
        (!self.key().is_empty()).then(|| self.identity.unwrap_or_else(|| identity(self.key())))
    }

    /// The same of a record that passed, which has an id unless its contract asks for none.
    pub fn product(&self) -> u64 {
        self.identity.unwrap_or_else(|| identity(self.key()))
    }

    /// Whether an error keeps the record in quarantine.
    pub fn is_held(&self) -> bool {
        self.findings.iter().any(|f| f.severity <= Severity::Error)
    }

    /// Whether at least one warning is to be told.
    pub fn has_warning(&self) -> bool {
        self.findings.iter().any(|f| f.severity == Severity::Warning)
    }

    /// Whether nothing at all was found.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// The rules that failed, with their severity under the contract, in the order found.
    pub fn failed(&self) -> impl Iterator<Item = (&'static Rule, Severity)> {
        self.findings.iter().map(|f| (f.rule, f.severity))
    }

    /// The violations in full, in the order found.
    pub fn violations(&self) -> impl Iterator<Item = Violation> {
        self.findings.iter().map(|finding| self.violation(finding))
    }

    /// The violation of one rule that failed, the `nth` of [`Self::failed`], with its place in
    /// `raw`, which must be the record that was checked.
    pub fn placed(&self, raw: &RawRecord, nth: usize) -> Option<Violation> {
        self.findings.get(nth).map(|finding| self.put(raw, finding))
    }

    /// The same of the `nth` of [`Self::failed_in_shadow`].
    pub fn shadow_placed(&self, raw: &RawRecord, nth: usize) -> Option<Violation> {
        self.shadows.get(nth).map(|finding| self.put(raw, finding))
    }

    /// The violations in full, each with its place in `raw`, which must be the record that was
    /// checked.
    pub fn all_placed(&self, raw: &RawRecord) -> impl Iterator<Item = Violation> {
        self.findings.iter().map(|finding| self.put(raw, finding))
    }

    fn put(&self, raw: &RawRecord, finding: &Finding) -> Violation {
        let mut violation = self.violation(finding);
        violation.place = self.field_of(raw, finding).and_then(|field| raw.place(field));
        violation
    }

    /// The field that a finding speaks of: of several of one attribute that with its value.
    fn field_of(&self, raw: &RawRecord, finding: &Finding) -> Option<usize> {
        let attribute = Attribute::of(finding.rule.attribute?)?;
        let first = usize::from(self.slots[attribute as usize]);
        if first >= raw.len() || !self.repeated_at(attribute) {
            return (first < raw.len()).then_some(first);
        }
        let value = self.at(finding.value);
        let fits = |index: &usize| {
            let (number, sent) = raw.field(*index);
            raw.names().name(number).attribute == Some(attribute) && trim(sent).starts_with(value)
        };
        (first..raw.len()).find(fits).or(Some(first))
    }

    fn repeated_at(&self, attribute: Attribute) -> bool {
        self.repeated & (1 << attribute as u32) != 0
    }

    /// What rules on trial would have said, with the severity they would have; it counts for
    /// nothing else.
    pub fn shadows(&self) -> impl Iterator<Item = Violation> {
        self.shadows.iter().map(|finding| self.violation(finding))
    }

    /// The rules on trial that failed, with the severity they would have, in the order found.
    pub fn failed_in_shadow(&self) -> impl Iterator<Item = (&'static Rule, Severity)> {
        self.shadows.iter().map(|f| (f.rule, f.severity))
    }

    fn violation(&self, f: &Finding) -> Violation {
        Violation {
            code: Cow::Borrowed(f.rule.code),
            severity: f.severity,
            attribute: f.rule.attribute.map(Cow::Borrowed),
            value: self.at(f.value).to_owned(),
            message: self.at(f.message).to_owned(),
            suggestion: f.suggestion.map(|s| self.at(s).to_owned()),
            contract_version: self.version,
            place: None,
        }
    }

    /// The attributes with a value, a bit each by [`Attribute`]; 0 when the record's form is
    /// damaged.
    pub fn present(&self) -> u128 {
        self.present
    }

    /// The price as understood, its amount in hundredths of the currency's unit; none when
    /// there is no price above zero.
    pub fn price(&self) -> Option<(Currency, u64)> {
        self.price
    }

    /// The availability as understood; none when it is missing or unknown.
    pub fn availability(&self) -> Option<&'static str> {
        self.availability
    }

    /// The record as understood: normalised values, in the order sent. `raw` must be the
    /// record that was checked.
    pub fn record(&self, raw: &RawRecord) -> Record {
        let mut record = Record::with_capacity(raw.len(), 2 * raw.original().len().max(256));
        self.record_into(raw, &mut record);
        record
    }

    /// The same, in place of what `record` holds.
    pub fn record_into(&self, raw: &RawRecord, record: &mut Record) {
        record.clear();
        for index in 0..raw.len() {
            if let Some(value) = self.understood(raw, index) {
                record.push(&raw.names().name(raw.field(index).0).text, value);
            }
        }
    }

    /// The normalised value of field `index` of the record that was checked; none when it is
    /// empty or when another field counts for its attribute.
    #[inline]
    pub fn understood<'a>(&'a self, raw: &'a RawRecord, index: usize) -> Option<&'a str> {
        let (number, value) = raw.field(index);
        if let Some(attribute) = raw.names().name(number).attribute
            && !self.counts(raw, attribute, index)
        {
            return None;
        }
        let replaced = self.replaced.iter().rev().find(|(field, _)| *field == index);
        let value = replaced.map_or_else(|| trim(value), |(_, span)| self.at(*span));
        (!value.is_empty()).then_some(value)
    }

    /// Whether a field is the one that counts for its attribute, or one of several that may.
    fn counts(&self, raw: &RawRecord, attribute: Attribute, index: usize) -> bool {
        let first = usize::from(self.slots[attribute as usize]);
        if index == first {
            return true;
        }
        let rank = |index: usize| raw.names().name(raw.field(index).0).rank;
        attribute.is_repeatable() && first < raw.len() && rank(index) == rank(first)
    }

    fn at(&self, span: Span) -> &str {
        &self.text[span.start..span.end]
    }

    pub(super) fn write(&mut self, text: fmt::Arguments<'_>) -> Span {
        let start = self.text.len();
        // Writing to a String cannot fail.
        let _ = self.text.write_fmt(text);
        Span {
            start,
            end: self.text.len(),
        }
    }

    /// Takes down the id, its inner white space collapsed, and the key it is known by. Gives
    /// whether it is plain: ASCII that can be seen, without white space.
    pub(super) fn take_id(&mut self, id: &str) -> bool {
        let start = self.text.len();
        // Most ids are plain: nothing to collapse, nothing to fold beyond ASCII.
        let is_plain = id
            .bytes()
            .fold(true, |plain, byte| plain & byte.is_ascii_graphic());
        if is_plain {
            self.text.push_str(id);
        } else {
            for (index, word) in id.split_whitespace().enumerate() {
                self.text.push_str(if index > 0 { " " } else { "" });
                self.text.push_str(word);
            }
        }
        self.id = Span {
            start,
            end: self.text.len(),
        };
        self.text.extend_from_within(start..);
        self.key = Span {
            start: self.id.end,
            end: self.text.len(),
        };
        if is_plain || self.key().is_ascii() {
            self.text[self.key.start..].make_ascii_lowercase();
        } else {
            let folded = self.key().to_lowercase();
            self.text.truncate(self.key.start);
            self.text.push_str(&folded);
            self.key.end = self.text.len();
        }
        self.identity = Some(identity(self.key()));
        is_plain
    }

    /// Empties it for the next record and gives the checks that its attributes ask for.
    #[expect(clippy::cast_possible_truncation, reason = "the loop ends before")]
    fn begin(&mut self, raw: &RawRecord, asked: &Asked, sound: Option<&Sound>) -> u64 {
        self.text.clear();
        self.findings.clear();
        self.shadows.clear();
        self.replaced.clear();
        self.news.clear();
        self.slots = [NO_FIELD; Attribute::COUNT];
        self.repeated = 0;
        self.differing = 0;
        self.present = 0;
        self.price = None;
        self.availability = None;
        self.marks = Marks::default();
        self.id = Span::default();
        self.key = Span::default();
        self.identity = None;
        let mut checks = 0;
        for index in 0..raw.len().min(usize::from(NO_FIELD)) {
            let (number, value) = raw.field(index);
            let name = raw.names().name(number);
            let Some(attribute) = name.attribute else { continue };
            let value = trim(value);
            // An empty value says nothing, and does not stand in the way of one that does.
            if value.is_empty() {
                continue;
            }
            let index = index as u16;
            let slot = &mut self.slots[attribute as usize];
            if *slot == NO_FIELD {
                *slot = index;
                self.present |= 1 << attribute as u32;
                checks |= if asked.is_remembered(attribute) {
                    let hash = hash(value.as_bytes());
                    self.hashes[attribute as usize] = hash;
                    if sound.is_some_and(|sound| sound.has(attribute, hash)) {
                        asked.again[attribute as usize]
                    } else {
                        self.news.push(attribute);
                        asked.all[attribute as usize]
                    }
                } else {
                    asked.all[attribute as usize]
                };
                continue;
            }
            self.repeated |= 1 << attribute as u32;
            // Which of several counts is for the checks to say.
            checks |= asked.all[attribute as usize];
            let (rival, rival_value) = raw.field(usize::from(*slot));
            let rival = raw.names().name(rival);
            if rival.rank > name.rank {
                *slot = index;
                self.differing &= !(1 << attribute as u32);
                if asked.is_remembered(attribute) {
                    self.hashes[attribute as usize] = hash(value.as_bytes());
                }
            } else if rival.rank == name.rank && trim(rival_value) != value {
                self.differing |= 1 << attribute as u32;
            }
        }
        checks
    }
}

/// A bit for each attribute must fit.
const _: () = assert!(Attribute::COUNT <= 128);

/// The rules of one contract, ready to look at records; shared by all cores.
#[derive(Debug, Clone)]
pub struct Rules {
    contract: Contract,
    now: DateTime<Utc>,
    known: Known,
    /// The rules that the contract speaks of; few, if any.
    own: Vec<(&'static Rule, Standing)>,
    /// The checks that look at every record, a bit each by their place in the table.
    always: u64,
    /// A record is shown to the checks that its attributes ask for, and to no other.
    pub(super) asked: Box<Asked>,
}

/// A bit for each check must fit.
const _: () = assert!(checks::CHECKS.len() <= 64);

impl Rules {
    /// Takes the contract, and the time that dates in records are held against.
    pub fn new(contract: &Contract, now: DateTime<Utc>) -> Self {
        let places = checks::CHECKS.iter().enumerate();
        let always = places
            .filter(|(_, check)| check.attributes.is_empty())
            .fold(0, |bits, (place, _)| bits | 1 << place);
        Self {
            always,
            asked: Asked::new(),
            contract: contract.clone(),
            now,
            known: Known::default(),
            own: contract
                .rules
                .keys()
                .filter_map(|code| rule(code))
                .map(|rule| (rule, contract.standing(rule, now)))
                .collect(),
        }
    }

    /// The same rules, told what is known beside a record.
    #[must_use]
    pub fn knowing(self, known: Known) -> Self {
        Self { known, ..self }
    }

    /// Pictures that were looked at, where any were.
    #[inline]
    pub fn pictures(&self) -> Option<&Pictures> {
        self.known.pictures.as_deref()
    }

    /// The categories there are, where they are known.
    #[inline]
    pub fn taxonomy(&self) -> Option<&Taxonomy> {
        self.known.taxonomy.as_deref()
    }

    /// The same rules without the check at one place of the table, to measure what it costs.
    #[must_use]
    pub fn without(mut self, place: usize) -> Self {
        self.always &= !(1 << place);
        self.asked.remove(place);
        self
    }

    /// What the contract makes of a rule.
    pub fn standing(&self, rule: &'static Rule) -> Standing {
        self.own(rule).unwrap_or_else(|| Standing::default_of(rule))
    }

    /// Where the contract draws the border of a rule that has a threshold.
    #[inline]
    pub fn threshold(&self, rule: &'static Rule) -> usize {
        self.standing(rule).threshold as usize
    }

    #[inline]
    fn own(&self, rule: &'static Rule) -> Option<Standing> {
        self.own
            .iter()
            .find(|(own, _)| std::ptr::eq(*own, rule))
            .map(|(_, standing)| *standing)
    }

    /// The time that dates in records are held against.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The contract these rules are of.
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// Looks at one record by itself. What other records say comes from [`Across::settle`].
    pub fn look(&self, raw: &RawRecord, out: &mut Checked) {
        self.look_at(raw, None, out);
    }

    /// The same for one of many records, quicker: values that passed in earlier ones are not
    /// judged again. `sound` is to be these rules' own.
    pub fn look_knowing(&self, raw: &RawRecord, sound: &mut Sound, out: &mut Checked) {
        self.look_at(raw, Some(sound), out);
        let is_silent = out.findings.is_empty() && out.shadows.is_empty() && out.replaced.is_empty();
        if is_silent && out.repeated == 0 && !out.news.is_empty() {
            sound.learn(out);
        }
    }

    fn look_at(&self, raw: &RawRecord, sound: Option<&Sound>, out: &mut Checked) {
        let mut checks = self.always | out.begin(raw, &self.asked, sound);
        out.version = self.contract.version;
        let mut look = Look {
            raw,
            rules: self,
            out,
        };
        if raw.damage().is_some() {
            checks::file::DAMAGE.apply(&mut look);
            // Fields may stand under the wrong name: nothing they say can be held against them,
            // nor for them.
            look.out.present = 0;
            look.out.news.clear();
            if let Some(id) = look.value(Attribute::Id) {
                look.out.take_id(id);
                look.out.identity = None;
            }
            return;
        }
        while checks != 0 {
            checks::CHECKS[checks.trailing_zeros() as usize].apply(&mut look);
            checks &= checks - 1;
        }
    }
}

impl super::Check {
    #[inline]
    pub(super) fn apply(&self, look: &mut Look<'_>) {
        (self.run)(look);
    }
}

/// The engine for records that come one by one: [`Rules`] and [`Across`] in one.
#[derive(Debug)]
pub struct Checker {
    rules: Rules,
    sound: Sound,
    across: Across,
}

impl Checker {
    /// Takes the contract, and the time that dates in records are held against.
    pub fn new(contract: &Contract, now: DateTime<Utc>) -> Self {
        Self {
            rules: Rules::new(contract, now),
            sound: Sound::default(),
            across: Across::default(),
        }
    }

    /// The same, told what is known beside a record.
    #[must_use]
    pub fn knowing(self, known: Known) -> Self {
        Self {
            rules: self.rules.knowing(known),
            ..self
        }
    }

    /// Checks the next record of the file.
    pub fn check(&mut self, raw: &RawRecord) -> Checked {
        let mut checked = Checked::default();
        self.check_into(raw, &mut checked);
        checked
    }

    /// Checks the next record of the file into buffers that were used before.
    pub fn check_into(&mut self, raw: &RawRecord, out: &mut Checked) {
        self.rules.look_knowing(raw, &mut self.sound, out);
        self.across.settle(&self.rules, raw, out);
    }

    /// What only the end of the file can tell.
    pub fn at_end(&self) -> Vec<AtEnd> {
        self.across.at_end(&self.rules)
    }
}
