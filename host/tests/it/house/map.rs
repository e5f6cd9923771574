//! The code map in `host/README.md`: made of the first sentence of each module, so that it says what they say.

use std::{collections::BTreeMap, fmt::Write as _, fs};

use super::reader::{Source, checkout, sources};

/// Set in the environment, the map is written anew.
const UPDATE: &str = "UPDATE_PAGES";

/// Between these lines of the page stands the map.
const BEGIN: &str = "<!-- The map begins: each line is the first sentence of a module. -->\n";
const END: &str = "<!-- The map ends. -->\n";

/// Crates in the order of the page, from the lowest to the highest.
const CRATES: &[&str] = &[
    "protocol",
    "base",
    "documents",
    "config",
    "outbound",
    "store",
    "knowledge",
    "desk",
    "gateway",
    "cli",
];

/// The first sentence of what a file says of itself, in one line.
fn first_sentence(text: &str) -> String {
    let lines = text.lines().map_while(|line| line.strip_prefix("//!"));
    let words: Vec<&str> = lines
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    let whole = words.join(" ");
    let end = whole.find(". ").map_or(whole.len(), |end| end + 1);
    // Links of the documentation lead nowhere here.
    whole[..end].replace(['[', ']'], "").replace('|', "\\|")
}

/// The module of a file as the map names it, if it is there: fronts, and the first parts of them.
fn mapped(source: &Source) -> Option<(String, String)> {
    let place = source.place()?;
    let place = place.strip_suffix(".rs")?;
    let (name, module) = place.split_once('/').unwrap_or(("cli", place));
    let is_part_of_part = module.matches('/').count() > 1;
    let is_front = module == "lib" || name == "cli" && module == "main";
    let is_test = module.ends_with("tests") || module.starts_with("tests/");
    let left_out = is_part_of_part || is_front || is_test;
    (!left_out).then(|| (name.to_owned(), module.to_owned()))
}

/// The map.
fn map() -> String {
    let mut found: BTreeMap<(usize, String), String> = BTreeMap::new();
    for source in sources() {
        let Some((name, module)) = mapped(&source) else {
            continue;
        };
        let order = CRATES.iter().position(|known| *known == name);
        let order = order.unwrap_or_else(|| panic!("`{name}` is no crate of the map"));
        found.insert((order, module), first_sentence(&source.text));
    }
    let mut text = String::new();
    for (order, name) in CRATES.iter().enumerate() {
        let title = if *name == "cli" { "src" } else { name };
        write!(
            text,
            "\n### `host/{title}`\n\n| module | what it is |\n|---|---|\n"
        )
        .unwrap();
        for ((_, module), sentence) in found.iter().filter(|((of, _), _)| *of == order) {
            writeln!(text, "| `{module}` | {sentence} |").unwrap();
        }
    }
    text.push('\n');
    text
}

/// Whoever looks for something finds its module in `host/README.md`.
#[test]
fn the_code_map_says_what_the_modules_say() {
    let path = checkout().join("host/README.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the map begins nowhere");
    let (there, after) = rest.split_once(END).expect("the map ends nowhere");
    let map = map();
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&path, format!("{before}{BEGIN}{map}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(
        there, map,
        "write it anew: UPDATE_PAGES=1 cargo test --test it house::map"
    );
}

#[test]
fn a_sentence_is_read_to_its_end() {
    let text = "//! One thing of\n//! [`this`]. And more.\n//!\n//! Later.\nuse std::fs;";
    assert_eq!(first_sentence(text), "One thing of `this`.");
}
