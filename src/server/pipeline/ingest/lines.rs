//! Says of an item in 24 bytes what a file is compared with, and keeps such lines on disk until
//! the feed's next outline is made of them.

use crate::domain::contract::{Currency, identity};
use crate::domain::jump::Price;
use crate::server::store::Stored;
use anyhow::Context;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};

/// Bits of the largest amount that is remembered, in cents.
const AMOUNT: u32 = 45;

/// A price in 60 bits: its amount, and five bits to each letter of its currency. Zero is none.
pub(super) fn pack(price: Option<Price>) -> u64 {
    price
        .filter(|price| price.cents < 1 << AMOUNT)
        .map_or(0, |price| {
            let letters = price.currency.code().bytes();
            letters.fold(price.cents, |bits, letter| bits << 5 | u64::from(letter - b'A'))
        })
}

/// The price that [`pack`] packed.
pub(super) fn unpack(bits: u64) -> Option<Price> {
    let letter = |place: u32| b'A' + u8::try_from(bits >> (5 * place) & 31).unwrap_or(0);
    let code = [letter(2), letter(1), letter(0)];
    let price = Price {
        currency: Currency::of(std::str::from_utf8(&code).ok()?)?,
        cents: bits >> 15,
    };
    Some(price).filter(|price| price.cents > 0)
}

/// With this bit the values are a hash.
pub(super) const HASHED: u64 = 1 << 63;

/// What 63 bits of a hash say of a record's values.
pub(super) fn values(hash: &[u8]) -> u64 {
    let half = hash.first_chunk().map_or(0, |half| u64::from_be_bytes(*half));
    half | HASHED
}

/// With this bit beside its price an item is withdrawn.
const WITHDRAWN: u64 = 1 << 63;

/// An item of the catalogue, as it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    /// What its case-folded id is known by.
    pub(super) product: u64,
    /// See [`values`].
    pub(super) values: u64,
    price: u64,
}

impl Line {
    /// Bytes of a line.
    pub(super) const SIZE: usize = 24;

    /// The line of an item that is live.
    pub(super) fn live(product: u64, hash: &[u8], price: Option<Price>) -> Self {
        Self {
            product,
            values: values(hash),
            price: pack(price),
        }
    }

    /// The line of an item as it is stored.
    pub(super) fn of(item: &Stored<'_>) -> Self {
        let line = Self::live(identity(item.key), item.hash, item.price.and_then(Price::parse));
        match item.withdrawn_by {
            None => line,
            Some(_) => line.withdrawn(),
        }
    }

    /// The same item, withdrawn.
    pub(super) fn withdrawn(self) -> Self {
        Self {
            price: self.price | WITHDRAWN,
            ..self
        }
    }

    /// Whether it is not withdrawn.
    pub(super) fn is_live(self) -> bool {
        self.price & WITHDRAWN == 0
    }

    /// Its price, packed.
    pub(super) fn price(self) -> u64 {
        self.price & !WITHDRAWN
    }

    /// The line as it is written.
    pub(super) fn bytes(self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        for (place, word) in bytes
            .chunks_exact_mut(8)
            .zip([self.product, self.values, self.price])
        {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// Reads as many lines as there are.
    pub(super) fn all(bytes: &[u8]) -> impl Iterator<Item = Self> {
        let word = |line: &[u8], place: usize| {
            let bytes = line.get(place * 8..).and_then(|rest| rest.first_chunk());
            bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
        };
        bytes.chunks_exact(Self::SIZE).map(move |line| Self {
            product: word(line, 0),
            values: word(line, 1),
            price: word(line, 2),
        })
    }
}

/// Lines on disk, in a file without a name that is gone with the process. Where there is no disk
/// for them they are lost, which whoever asks for them is told.
#[derive(Debug)]
pub(super) struct Lines {
    out: Option<BufWriter<File>>,
    count: u64,
}

impl Lines {
    /// None yet.
    pub(super) fn new() -> Self {
        let file = tempfile::tempfile().inspect_err(|cause| tracing::debug!("no outline is made: {cause}"));
        Self {
            out: file.ok().map(|file| BufWriter::with_capacity(64 << 10, file)),
            count: 0,
        }
    }

    /// Adds one.
    pub(super) fn add(&mut self, line: Line) {
        if let Some(out) = &mut self.out {
            self.count += 1;
            if let Err(cause) = out.write_all(&line.bytes()) {
                tracing::debug!("no outline is made: {cause}");
                self.out = None;
            }
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.count
    }

    /// Reads them, so many together, in the order in which they came.
    pub(super) fn read(self, together: usize) -> anyhow::Result<impl Iterator<Item = io::Result<Vec<Line>>>> {
        let out = self.out.context("there was no disk for them")?;
        let mut file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        let size = (together * Line::SIZE) as u64;
        Ok(std::iter::from_fn(move || {
            let mut bytes = Vec::new();
            match (&mut file).take(size).read_to_end(&mut bytes) {
                Ok(0) => None,
                Ok(_) => Some(Ok(Line::all(&bytes).collect())),
                Err(error) => Some(Err(error)),
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_price_is_unpacked_as_it_was_packed_unless_it_is_beyond_all_prices(cents in 0u64..1 << 50, code in 0usize..3) {
            let currency = Currency::of(["EUR", "AED", "ZWG"][code]).expect("a currency");
            let price = Price { currency, cents };
            let kept = (cents > 0 && cents < 1 << AMOUNT).then_some(price);
            prop_assert_eq!(unpack(pack(Some(price))), kept);
            prop_assert!(pack(Some(price)) << 2 < HASHED);
        }

        #[test]
        fn lines_are_read_as_they_were_added(words in prop::collection::vec(any::<(u64, u64, u64)>(), 0..50), together in 1usize..20) {
            let all: Vec<Line> = words.iter().map(|&(product, values, price)| Line { product, values, price }).collect();
            let mut lines = Lines::new();
            for line in &all {
                lines.add(*line);
            }
            prop_assert_eq!(lines.len(), all.len() as u64);
            let read: Vec<Vec<Line>> = lines.read(together).expect("a file").map(|some| some.expect("lines")).collect();
            prop_assert!(read.iter().all(|some| some.len() <= together));
            prop_assert_eq!(read.concat(), all);
        }
    }
}
