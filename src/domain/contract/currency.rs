//! Names the currencies there are, by their ISO 4217 code.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The active codes of ISO 4217 that goods are priced in, sorted.
const CODES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL \
BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP \
GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW \
KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO \
NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD \
SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD \
XCG XOF XPF YER ZAR ZMW ZWG";

/// A currency of ISO 4217.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// What is wrong with a currency that somebody typed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a currency of ISO 4217: use a code such as EUR or USD")]
pub struct NotACurrency(pub String);

impl Currency {
    /// Reads a code in capitals.
    pub fn of(code: &str) -> Option<Self> {
        let code: [u8; 3] = code.as_bytes().try_into().ok()?;
        let (mut low, mut high) = (0, CODES.len().div_ceil(4));
        while low < high {
            let middle = usize::midpoint(low, high);
            match CODES.as_bytes()[4 * middle..4 * middle + 3].cmp(&code) {
                std::cmp::Ordering::Equal => return Some(Self(code)),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// Reads a code as a person types it, in any case.
    pub fn parse(text: &str) -> Result<Self, NotACurrency> {
        Self::of(&text.trim().to_ascii_uppercase()).ok_or_else(|| NotACurrency(text.to_owned()))
    }

    /// Its code.
    pub fn code(&self) -> &str {
        // Made from text, so it is text.
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// A number of its own, below 2²⁴.
    pub(super) fn number(self) -> u64 {
        let [a, b, c] = self.0.map(u64::from);
        a << 16 | b << 8 | c
    }

    /// Whether `symbol` is how this currency is written.
    pub fn is_written(self, symbol: &str) -> bool {
        SYMBOLS
            .iter()
            .any(|(s, codes)| *s == symbol && codes.contains(&self.code()))
    }

    /// The currency of a symbol that only one currency has.
    pub fn of_symbol(symbol: &str) -> Option<Self> {
        let (_, codes) = SYMBOLS.iter().find(|(s, _)| *s == symbol)?;
        if let [code] = codes { Self::of(code) } else { None }
    }
}

/// Signs that stand for a currency, and all the currencies they may stand for.
const SYMBOLS: &[(&str, &[&str])] = &[
    ("€", &["EUR"]),
    (
        "$",
        &[
            "USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "TWD", "CLP", "COP", "ARS", "JMD", "BSD", "BBD",
        ],
    ),
    ("£", &["GBP", "EGP", "GIP", "FKP", "SHP", "LBP", "SYP"]),
    ("¥", &["JPY", "CNY"]),
    ("₹", &["INR"]),
    ("₽", &["RUB"]),
    ("₴", &["UAH"]),
    ("₺", &["TRY"]),
    ("₩", &["KRW", "KPW"]),
    ("zł", &["PLN"]),
    ("Kč", &["CZK"]),
    ("kr", &["SEK", "NOK", "DKK", "ISK"]),
    ("R$", &["BRL"]),
];

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl TryFrom<String> for Currency {
    type Error = NotACurrency;
    fn try_from(code: String) -> Result<Self, NotACurrency> {
        Self::parse(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_code_is_found_and_nothing_else() {
        let codes: Vec<_> = CODES.split(' ').collect();
        assert!(codes.is_sorted());
        assert!(
            codes
                .iter()
                .all(|code| code.len() == 3 && Currency::of(code).is_some())
        );
        for other in ["", "EU", "EURO", "XXX", "AAA", "ZZZ", "eur", "E R"] {
            assert_eq!(Currency::of(other), None, "{other:?}");
        }
    }

    #[test]
    fn every_symbol_stands_for_currencies_that_exist() {
        for code in SYMBOLS.iter().flat_map(|(_, codes)| codes.iter()) {
            assert!(Currency::of(code).is_some(), "{code}");
        }
        assert_eq!(Currency::of_symbol("€"), Currency::of("EUR"));
        assert_eq!(Currency::of_symbol("$"), None);
    }
}
