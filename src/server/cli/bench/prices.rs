//! Prints what each rule costs.

use crate::domain::contract::checks::file::COLUMNS;
use crate::server::bench::{Cost, Measured};

/// What each check costs, as a share of the whole check on one core; those that cost next to
/// nothing together, but for the columns, which are asked after.
pub(super) fn print(costs: &[Cost], one: &Measured) {
    const SHOWN: f64 = 0.5;
    let share = |cost: &Cost| cost.nanoseconds * one.rate() / 1e9 * 100.0;
    println!("\n| rules | how many | a record | of check, one core |");
    println!("|---|---:|---:|---:|");
    let (shown, rest): (Vec<_>, Vec<_>) = costs
        .iter()
        .partition(|cost| share(cost) >= SHOWN || cost.check == COLUMNS.name);
    for cost in shown {
        println!(
            "| {} | {} | {:.0} ns | {:.1} % |",
            cost.check,
            cost.rules,
            cost.nanoseconds,
            share(cost)
        );
    }
    let rules: usize = rest.iter().map(|cost| cost.rules).sum();
    println!(
        "| each of {} others | {rules} in all | | below {SHOWN} % |",
        rest.len()
    );
}
