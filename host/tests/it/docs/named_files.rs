//! Files and modules that pages for engineers name.

use std::{fs, path::PathBuf};

use super::{checkout, hold, pages};

/// Where a file or module may be that is named so: as the map of `host/README.md` has it, or as a path.
fn is_there(name: &str) -> bool {
    let name = name.trim_end_matches('/').trim_end_matches(".rs");
    let host = checkout().join("host");
    let crates = fs::read_dir(&host).unwrap();
    let sources = crates.map(|entry| entry.unwrap().path().join("src"));
    let mut homes: Vec<PathBuf> = sources.map(|source| source.join(name)).collect();
    homes.extend([
        checkout().join(name),
        host.join(name),
        host.join("src").join(name),
        host.join("src/cli").join(name),
    ]);
    if let Some((of, module)) = name.split_once('/') {
        homes.push(host.join(of).join("src").join(module));
    }
    homes
        .iter()
        .any(|home| home.exists() || home.with_extension("rs").exists())
}

/// Whoever looks for what a page names finds it.
#[test]
fn files_and_modules_are_where_they_are_said_to_be() {
    let engineers = ["CONTRIBUTING.md", "host/README.md"];
    let is_path = |code: &&String| {
        let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_./-".contains(c);
        code.contains('/') && code.chars().all(is_part) && !code.starts_with(['/', '.'])
    };
    let mut broken = Vec::new();
    let mut named = 0;
    for page in pages()
        .iter()
        .filter(|page| engineers.contains(&&*page.name()))
    {
        for code in page.code.iter().filter(is_path) {
            named += 1;
            if !is_there(code) {
                broken.push(format!("{}: {code}", page.name()));
            }
        }
    }
    assert!(named > 50, "nothing is named");
    hold("What a page names is there.", &broken);
    assert!(!is_there("server/nowhere"));
}
