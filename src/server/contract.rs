//! Reads contracts as people write them, in TOML.

use crate::domain::contract::Contract;
use anyhow::{Context, bail};
use std::path::Path;

/// The keys there are.
const KEYS: [&str; 4] = ["version", "currency", "domains", "rules"];

/// Reads a contract; each flaw is a line of its own that says where, what and what is allowed.
pub fn read(text: &str) -> Result<Contract, Vec<String>> {
    // What is stored may have keys of a later version; what people write may not.
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| flaw(&error))?;
    let unknown: Vec<String> = table
        .keys()
        .filter(|key| !KEYS.contains(&key.as_str()))
        .map(|key| format!("{key}: no such key; a contract has {}.", KEYS.join(", ")))
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let contract: Contract = toml::from_str(text).map_err(|error| flaw(&error))?;
    let faults: Vec<String> = contract.faults().iter().map(ToString::to_string).collect();
    if faults.is_empty() {
        Ok(contract)
    } else {
        Err(faults)
    }
}

/// What is wrong with the form, with the line it is in.
fn flaw(error: &toml::de::Error) -> Vec<String> {
    error.to_string().trim_end().lines().map(str::to_owned).collect()
}

/// Reads the file that was named on the command line.
pub fn load(path: &Path) -> anyhow::Result<Contract> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    match read(&text) {
        Ok(contract) => Ok(contract),
        Err(flaws) => bail!(
            "the contract {} cannot be used:\n  {}",
            path.display(),
            flaws.join("\n  ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::domain::contract::Level;

    #[test]
    fn a_contract_is_read_with_its_levels_days_and_thresholds() {
        let contract = read(
            "currency = \"EUR\"\ndomains = [\"shop.example\"]\n[rules.TITLE_LENGTH]\nlevel = \"error\"\n\
             from = \"2026-03-01\"\nthreshold = 120\n[rules.TITLE_CAPS]\nshadow = \"error\"\n",
        )
        .expect("sound");
        let rule = contract.rules["TITLE_LENGTH"];
        assert_eq!((rule.level, rule.threshold), (Some(Level::Error), Some(120)));
        assert_eq!(
            rule.from.map(|day| day.to_string()).as_deref(),
            Some("2026-03-01")
        );
        assert_eq!(contract.rules["TITLE_CAPS"].shadow, Some(Level::Error));
        assert_eq!(read("").expect("the rule book").rules.len(), 0);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place_and_what_is_allowed() {
        for (text, parts) in [
            ("curency = \"EUR\"", ["curency", "currency"]),
            ("currency = \"EURO\"", ["EURO", "ISO 4217"]),
            ("[rules.TITLE_CAPS]\nlevel = \"severe\"", ["severe", "line 2"]),
            ("[rules.TITLE_CAPS]\nlevels = \"error\"", ["levels", "level"]),
            (
                "[rules.TITLE_CASP]\nlevel = \"off\"",
                ["TITLE_CASP", "TITLE_CAPS"],
            ),
            ("[rules.TITLE_CAPS]\nthreshold = 101", ["101", "from 1 to 100"]),
            ("[rules", ["line 1", "|"]),
        ] {
            let flaws = read(text).expect_err("a flaw").join("\n");
            for part in parts {
                assert!(flaws.contains(part), "{text}: {flaws}");
            }
        }
    }
}
