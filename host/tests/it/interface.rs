//! The pages about the bot's interface in `wit/pages`: written from the WIT, so that they say what it
//! says. Nothing in them is written by hand.

mod pages;
mod prose;
mod types;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Set to anything, it has the pages written instead of compared.
const UPDATE: &str = "UPDATE_PAGES";

fn wit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")
}

/// The pages that are there: file name to text.
fn present(directory: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(directory) else {
        return BTreeMap::new();
    };
    entries
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}

#[test]
fn the_pages_say_what_the_wit_says() {
    let directory = wit().join("pages");
    let (there, wanted) = (present(&directory), pages::written_from(&wit()));
    if env::var_os(UPDATE).is_some() {
        fs::create_dir_all(&directory).unwrap();
        for name in there.keys().filter(|name| !wanted.contains_key(*name)) {
            fs::remove_file(directory.join(name)).unwrap();
        }
        for (name, text) in &wanted {
            fs::write(directory.join(name), text).unwrap();
        }
        return;
    }
    let names: BTreeSet<&String> = there.keys().chain(wanted.keys()).collect();
    let stale: Vec<String> = names
        .into_iter()
        .filter(|name| there.get(*name) != wanted.get(*name))
        .map(|name| format!("wit/pages/{name}"))
        .collect();
    assert!(
        stale.is_empty(),
        "not as the WIT has it: {}\nwrite the pages anew: \
         {UPDATE}=1 cargo test -p ravenry --test it -- interface::",
        stale.join(", ")
    );
}

#[test]
fn links_of_the_pages_lead_somewhere() {
    let pages = pages::written_from(&wit());
    let mut broken = Vec::new();
    let mut followed = 0;
    for (name, text) in &pages {
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap();
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let file = if file.is_empty() { name } else { file };
            followed += 1;
            let leads = match pages.get(file) {
                Some(page) => anchor.is_empty() || headings(page).any(|h| h == anchor),
                None => anchor.is_empty() && wit().join("pages").join(file).is_file(),
            };
            if !leads {
                broken.push(format!("{name}: {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(followed > pages.len(), "no page has a link");
}

/// Of two headings that read the same, a code host gives the second one another address.
#[test]
fn headings_of_a_page_differ() {
    for (name, text) in pages::written_from(&wit()) {
        let mut seen = BTreeSet::new();
        for heading in headings(&text) {
            assert!(seen.insert(heading), "{name} has two headings `{heading}`");
        }
    }
}

/// What changes in the WIT changes in the pages: comments, types, and functions.
#[test]
fn a_change_of_the_wit_shows_in_its_page() {
    let copy = tempfile::tempdir().unwrap();
    let write = |text: &str| fs::write(copy.path().join("shop.wit"), text).unwrap();
    let wit = "/// All of it.\npackage a:b@1.0.0;\n\
        /// Sells; see `buy`.\ninterface shop {\n\
        /// What may happen.\nvariant trouble {\n/// Nothing left.\nsold-out,\n/// Why.\nother(string),\n}\n\
        /// Buys `count` pieces.\nbuy: func(count: u32) -> result<list<string>, trouble>;\n}\n";
    write(wit);
    let page = pages::written_from(copy.path())["shop.md"].clone();
    for part in [
        "# shop\n\nSells; see [`buy`](#buy).\n",
        "*variant*\n\nWhat may happen.\n\n- `sold-out` — Nothing left.\n- `other(string)` — Why.\n",
        "## buy\n\n```wit\nbuy: func(count: u32) -> result<list<string>, trouble>;\n```\n\n\
         Buys `count` pieces.\n\nErrors: [`trouble`](#trouble).\n",
    ] {
        assert!(page.contains(part), "{part}\nis not in\n{page}");
    }
    for (from, to) in [("pieces", "things"), ("u32", "u64"), ("Why", "Because")] {
        write(&wit.replace(from, to));
        let changed = pages::written_from(copy.path())["shop.md"].clone();
        assert_eq!(page.replace(from, to), changed);
    }
}

/// The addresses that a code host gives to headings.
fn headings(page: &str) -> impl Iterator<Item = &str> {
    page.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim())
}
