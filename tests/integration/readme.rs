//! The README says what the program says.

use std::process::Command;

fn readme() -> String {
    std::fs::read_to_string("README.md").expect("the README")
}

fn help(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_feedgate"))
        .args(arguments)
        .output()
        .expect("feedgate");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The rows of the table in the README whose first cell begins with `` `prefix ``.
fn rows(prefix: &str) -> Vec<Vec<String>> {
    readme()
        .lines()
        .filter(|line| line.starts_with(&format!("| `{prefix}")))
        .map(|line| {
            line.trim_matches('|')
                .split('|')
                .map(|cell| cell.trim().to_owned())
                .collect()
        })
        .collect()
}

/// What stands between `[name: ` and `]`, without a value that happens to be set.
fn bracket(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("[{name}: "))?;
    Some(rest.split([']', '=']).next()?.to_owned())
}

#[test]
fn its_settings_are_those_of_the_program() {
    let help = ["serve", "worker"].map(|command| help(&[command, "--help"]));
    let options = help.iter().flat_map(|help| {
        help.split_once("Options:")
            .expect("options")
            .1
            .split("\n      --")
            .skip(1)
    });
    let mut told: Vec<Vec<String>> = options
        .map(|option| {
            // The rest of the last option is `-h, --help`.
            let option = option.split("\n  -h").next().unwrap_or_default();
            let words = option.split_whitespace().collect::<Vec<_>>().join(" ");
            let (flag, rest) = words.split_once(' ').expect("a description");
            let meaning = rest.split(" [").next().expect("a meaning");
            let meaning = meaning.split_once("> ").map_or(meaning, |(_, meaning)| meaning);
            let code = |text: String| {
                if text.is_empty() {
                    text
                } else {
                    format!("`{text}`")
                }
            };
            vec![
                format!("`--{flag}`"),
                code(bracket(&words, "env").unwrap_or_default()),
                code(bracket(&words, "default").unwrap_or_default()),
                meaning.to_owned(),
            ]
        })
        .collect();
    // How to reach the database is said once.
    let mut flags = std::collections::HashSet::new();
    told.retain(|row| flags.insert(row[0].clone()));
    assert_eq!(rows("--"), told);
}

#[test]
fn its_commands_are_those_of_the_program() {
    let help = help(&["--help"]);
    let commands = help.split_once("Commands:").expect("commands").1;
    let commands = commands.split_once("Options:").expect("options").0;
    let told: Vec<String> = commands
        .lines()
        .filter_map(|line| {
            line.strip_prefix("  ")?
                .split(' ')
                .next()
                .filter(|name| !name.is_empty())
        })
        .filter(|name| *name != "help")
        .map(|name| format!("`feedgate {name}`"))
        .collect();
    let written: Vec<String> = rows("feedgate ").into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(written, told);
}

#[test]
fn its_make_targets_are_there() {
    let makefile = std::fs::read_to_string("Makefile").expect("the Makefile");
    for row in rows("make ") {
        let target = row[0].trim_matches('`').trim_start_matches("make ");
        assert!(makefile.contains(&format!("\n{target}:")), "make {target}");
    }
}
