//! Says what came of a partner's request to have an issue's held records checked again.

use crate::domain::format::counted;

/// The tag of an issue whose records are to be checked again.
pub const ASKED: &str = "recheck asked";

/// What is written to the partner when its records were checked again: how many of the `asked`
/// that waited then still do. What became of each is on its own page; that it passed is no more
/// than likely of one that waits no more, so it is not said.
pub fn answer(asked: u64, waiting: u64) -> String {
    let fail = |n: u64| if n == 1 { "fails" } else { "fail" };
    let records = |n: u64| counted(n, "record", "records");
    match (asked, waiting) {
        (_, 0) => "Checked again: no record of this issue waits any more.".to_owned(),
        (asked, waiting) if waiting < asked => format!(
            "Checked again: {} of {} no longer wait, {waiting} still {}.",
            asked - waiting,
            records(asked),
            fail(waiting)
        ),
        (_, waiting) => format!("Checked again: {} still {}.", records(waiting), fail(waiting)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_how_many_of_those_that_waited_still_do() {
        for (asked, waiting, said) in [
            (40, 0, "Checked again: no record of this issue waits any more."),
            (
                40,
                3,
                "Checked again: 37 of 40 records no longer wait, 3 still fail.",
            ),
            (1, 1, "Checked again: 1 record still fails."),
            (2, 5, "Checked again: 5 records still fail."),
        ] {
            assert_eq!(answer(asked, waiting), said);
        }
    }
}
