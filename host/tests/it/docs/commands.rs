//! Commands that pages and helps show: each can be typed as it stands there.

use std::collections::BTreeMap;

use super::{hold, pages};
use crate::harness::Folder;

/// The arguments of each call of the program in a line, whether installed or run by cargo.
fn calls(line: &str) -> Vec<Vec<&str>> {
    let line = line.split(" # ").next().unwrap();
    let commands = line
        .split(['|', ';', '(', ')'])
        .flat_map(|part| part.split("&&"));
    let called = commands.filter_map(|command| {
        let words: Vec<&str> = command.split_whitespace().collect();
        let setting = |word: &&&str| word.contains('=') || **word == "sudo";
        let words = &words[words.iter().take_while(setting).count()..];
        match words {
            ["ravenry", arguments @ ..] => Some(arguments.to_vec()),
            ["cargo", "run", rest @ ..] => {
                let own = rest.iter().position(|word| *word == "--")?;
                Some(rest[own + 1..].to_vec())
            }
            _ => None,
        }
    });
    called.collect()
}

/// What the program says of a verb; nothing where it has none of that name.
fn help(verb: &str) -> Option<String> {
    let output = Folder::empty().output(&[verb, "--help"]);
    let text = String::from_utf8(output.stdout).unwrap();
    output.status.success().then_some(text)
}

/// The same, with what it says of its parts where it has some, as `ravenry store` has.
fn whole_help(verb: &str) -> Option<String> {
    let mut whole = help(verb)?;
    for part in listed(&whole) {
        let output = Folder::empty().output(&[verb, &part, "--help"]);
        whole += &String::from_utf8(output.stdout).unwrap();
    }
    Some(whole)
}

/// The commands that a help lists.
fn listed(help: &str) -> Vec<String> {
    let list = help.split_once("Commands:\n").map_or("", |(_, list)| list);
    let lines = list.lines().take_while(|line| !line.is_empty());
    let words = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let verbs = words.filter(|word| !word.is_empty() && *word != "help");
    verbs.map(str::to_owned).collect()
}

/// Flags among these arguments of which the help of their verb says nothing.
fn unknown_flags<'a>(help: &str, arguments: &[&'a str]) -> Vec<&'a str> {
    let is_between = |c: char| !c.is_ascii_alphanumeric() && c != '-';
    let flags = arguments.iter().filter(|word| word.starts_with("--"));
    let flags = flags.filter_map(|word| word.split(is_between).next());
    flags
        .filter(|flag| !help.split(is_between).any(|word| word == *flag))
        .collect()
}

/// The verbs for people, as the program lists them.
fn verbs() -> Vec<String> {
    let output = Folder::empty().output(&["--help"]);
    listed(&String::from_utf8(output.stdout).unwrap())
}

/// Who looks a verb up sees last how to type it, in lines that can be copied.
#[test]
fn the_help_of_a_verb_ends_with_examples() {
    let verbs = verbs();
    assert!(verbs.len() > 8, "the verbs were not found");
    let mut broken = Vec::new();
    for verb in verbs {
        let help = help(&verb).unwrap();
        let end = help.trim_end().rsplit("\n\n").next().unwrap();
        let Some(examples) = end.strip_prefix("Examples:\n") else {
            broken.push(format!("{verb}: it ends with {end}"));
            continue;
        };
        let whole = whole_help(&verb).unwrap();
        for line in examples.lines() {
            match calls(line).as_slice() {
                [call] if call[0] == verb && unknown_flags(&whole, &call[1..]).is_empty() => {}
                _ => broken.push(format!("{verb}: {line}")),
            }
        }
    }
    hold(
        "The help of a verb ends with examples of that verb.",
        &broken,
    );
}

#[test]
fn commands_can_be_typed() {
    let mut helps: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut broken = Vec::new();
    for page in pages() {
        let shell = page.blocks.iter().filter(|(kind, _)| kind == "sh");
        let text: String = shell.map(|(_, text)| text.replace("\\\n", " ")).collect();
        let lines = text.lines().chain(page.code.iter().map(String::as_str));
        for call in lines.flat_map(calls) {
            let Some((verb, arguments)) = call.split_first() else {
                continue;
            };
            // A word for any verb.
            if verb.chars().all(char::is_uppercase) {
                continue;
            }
            let known = helps
                .entry((*verb).to_owned())
                .or_insert_with(|| whole_help(verb));
            let Some(known) = known else {
                broken.push(format!("{}: there is no `ravenry {verb}`", page.name()));
                continue;
            };
            for flag in unknown_flags(known, arguments) {
                broken.push(format!("{}: `ravenry {verb}` has no {flag}", page.name()));
            }
        }
    }
    assert!(helps.len() > 8, "the commands were not found");
    hold("A command is one that the program knows.", &broken);
}
