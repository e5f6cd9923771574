//! Nothing is built that nobody uses: each dependency of a manifest is named in the sources beside it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    hold,
    reader::{Source, below_checkout, checkout, files, sources},
};

/// Names in all tables of dependencies of a manifest, as code writes them.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let table = toml_span::parse(manifest).unwrap();
    let mut found = BTreeSet::new();
    collect(table.as_table().unwrap(), &mut found);
    found
}

fn collect(table: &toml_span::value::Table<'_>, found: &mut BTreeSet<String>) {
    for (name, value) in table {
        let Some(inner) = value.as_table() else {
            continue;
        };
        match &*name.name {
            "dependencies" | "dev-dependencies" | "build-dependencies" => {
                found.extend(inner.keys().map(|key| key.name.replace('-', "_")));
            }
            // Those of targets stand one table deeper; those of the workspace are for whoever takes them.
            "target" => inner
                .values()
                .filter_map(|of| of.as_table())
                .for_each(|of| collect(of, found)),
            _ => {}
        }
    }
}

/// Those that are there for their features alone: the manifest of the workspace says why.
const FOR_FEATURES: [&str; 4] = [
    "host/gateway/Cargo.toml: anyhow",
    "host/gateway/Cargo.toml: regex_syntax",
    "host/gateway/Cargo.toml: semver",
    "host/store/Cargo.toml: libsqlite3_sys",
];

/// Whether a source has this name in it, as a word.
fn names(source: &Source, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    source.code.match_indices(name).any(|(at, _)| {
        let before = source.code[..at].chars().next_back();
        let after = source.code[at + name.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// What a manifest asks for, and its sources do not name. `below` are the directories of crates inside it.
fn unused(manifest: &Path, text: &str, sources: &[Source], below: &[PathBuf]) -> Vec<String> {
    let path = below_checkout(manifest);
    let home = path.trim_end_matches("Cargo.toml");
    let inner: Vec<String> = below.iter().map(|path| below_checkout(path)).collect();
    let inner: Vec<&str> = inner
        .iter()
        .map(|path| path.trim_end_matches("Cargo.toml"))
        .filter(|other| *other != home && other.starts_with(home))
        .collect();
    let is_own = |source: &&Source| {
        source.path.starts_with(home) && !inner.iter().any(|other| source.path.starts_with(other))
    };
    let own: Vec<&Source> = sources.iter().filter(is_own).collect();
    let is_unused = |name: &String| !own.iter().any(|source| names(source, name));
    let unused = dependencies(text).into_iter().filter(is_unused);
    let unused = unused.map(|name| format!("{path}: {name}"));
    unused
        .filter(|it| !FOR_FEATURES.contains(&it.as_str()))
        .collect()
}

#[test]
fn dependencies_are_used() {
    let sources = sources();
    // A workspace alone has no sources of its own.
    let is_package = |path: &PathBuf| fs::read_to_string(path).unwrap().contains("[package]");
    let is_manifest = |path: &PathBuf| path.ends_with("Cargo.toml") && is_package(path);
    let manifests: Vec<PathBuf> = files(&["toml"]).into_iter().filter(is_manifest).collect();
    assert!(manifests.len() > 20, "the manifests were not found");
    let broken: Vec<String> = manifests
        .iter()
        .flat_map(|path| {
            unused(
                path,
                &fs::read_to_string(path).unwrap(),
                &sources,
                &manifests,
            )
        })
        .collect();
    hold("A dependency is used.", &broken);
}

/// Whatever the program stands on is built once for it and its tests: a crate that tests gave a feature more
/// would be built again, and with it all that stand on it, up to the sandbox and its compiler.
#[test]
fn tests_add_no_features_to_what_the_program_stands_on() {
    let built = |edges: &str| -> BTreeSet<String> {
        let tree = Command::new(env!("CARGO"))
            .args(["tree", "--quiet", "--offline", "--locked", "--workspace"])
            .args([
                "--prefix",
                "none",
                "--format",
                "{p} [{f}]",
                "--edges",
                edges,
            ])
            .current_dir(checkout())
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&tree.stderr);
        assert!(tree.status.success(), "{errors}");
        let lines = String::from_utf8(tree.stdout).unwrap();
        let lines = lines
            .lines()
            .map(|line| line.trim_end_matches(" (*)").to_owned());
        lines.collect()
    };
    let (program, tests) = (built("normal"), built("normal,dev"));
    assert!(program.len() > 200 && tests.len() > program.len());
    let twice: Vec<String> = program.difference(&tests).cloned().collect();
    hold("Tests add no features.", &twice);
}

#[test]
fn an_unused_dependency_is_found() {
    let manifest = files(&["toml"])
        .into_iter()
        .find(|path| below_checkout(path) == "host/base/Cargo.toml")
        .unwrap();
    let text = "[dependencies]\nused-one.workspace = true\n[target.'cfg(unix)'.dev-dependencies]\nidle = \"1\"\n";
    let source = Source::new(
        "host/base/src/lib.rs".to_owned(),
        "use used_one::Thing; // idle\nlet idle_too = 1;".to_owned(),
    );
    let found = unused(&manifest, text, &[source], &[]);
    assert_eq!(found, ["host/base/Cargo.toml: idle"]);
}
