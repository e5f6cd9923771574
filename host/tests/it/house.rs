//! The rules of the house, held by reading the sources: who may know whom, which library belongs
//! where, how long things may be, and what must be documented. `host/README.md` says why.

mod reader;

use std::fs;
use std::path::{Path, PathBuf};

use self::reader::{below_checkout, checkout, edges, files, places, sources};

/// Modules of the gateway and their levels: an edge goes to a lower level only.
const LEVELS: &[(&str, u8)] = &[
    ("main", 5),
    ("cli", 5),
    ("server", 4),
    ("simulator", 4),
    ("replay", 4),
    ("check", 4),
    ("chat", 4),
    ("bots", 3),
    ("sandbox", 2),
    ("imports", 2),
    ("client", 2),
    ("compute", 1),
    ("guard", 1),
    ("egress", 1),
    ("telemetry", 1),
    ("charges", 1),
    ("walls", 1),
    ("protocol", 0),
    ("config", 0),
    ("control_group", 0),
    ("metrics", 0),
    ("worker", 0),
    ("ids", 0),
    ("secret", 0),
    ("memory", 0),
    ("control_group", 0),
    ("report", 0),
];

/// Edges within a level that are allowed besides; `*` is every module of level 0.
const SIDEWAYS: &[(&str, &str)] = &[
    ("main", "cli"),
    ("sandbox", "imports"),
    // Files that a person attaches lie in the storage that the simulator plays.
    ("chat", "simulator"),
    // What was said there can be kept as a file.
    ("chat", "replay"),
    ("simulator", "replay"),
    ("*", "ids"),
    ("*", "secret"),
    ("*", "report"),
];

/// Libraries, and the only files that may name them, as beginnings of paths below `host/src`.
const BORDERS: &[(&[&str], &[&str])] = &[
    (&["axum", "tower"], &["server", "simulator"]),
    // The client's side: connections of bots, their names, and what goes wrong.
    (&["hyper_util", "hyper"], &["server", "simulator", "egress"]),
    (
        &["hyper_rustls", "hickory_resolver", "tower_service"],
        &["egress"],
    ),
    (
        &["reqwest", "rustls", "rustls_platform_verifier"],
        &["egress", "simulator", "client"],
    ),
    (
        &["sse_stream"],
        &["egress", "simulator", "client", "replay"],
    ),
    (&["quick_xml"], &["check/junit"]),
    (&["notify", "notify_debouncer_full"], &["cli"]),
    (&["wasmtime"], &["sandbox"]),
    (
        &["wasmtime_wasi", "wasmtime_wasi_http"],
        &["sandbox", "imports/log", "imports/http"],
    ),
    (&["wasmparser"], &["sandbox"]),
    // Conversations are files that people write, too.
    (&["toml_span"], &["config", "replay"]),
    (&["similar", "base64"], &["replay"]),
    // What a bot writes becomes a tree of ours in one place.
    (
        &["pulldown_cmark"],
        &["simulator/web/markdown", "chat/markdown"],
    ),
    // Documents at queries of the played platform.
    (&["html5ever", "pdf_extract"], &["simulator"]),
    (
        &["metrics_exporter_prometheus", "tracing_subscriber"],
        &["telemetry"],
    ),
    (&["clap", "clap_complete", "indicatif"], &["cli", "report"]),
    // A talk shows tables too.
    (&["comfy_table"], &["cli", "chat"]),
    (&["anstyle", "rustyline", "unicode_width"], &["chat"]),
    (&["landlock", "seccompiler", "libc"], &["walls"]),
    (&["anyhow"], &["cli", "main"]),
    (&["mimalloc"], &["main"]),
    (
        &["tokio"],
        &[
            "main",
            "cli",
            "server",
            "simulator",
            "bots",
            "sandbox",
            "imports",
            "compute",
            "guard",
            "egress",
            "client",
            "check",
            "chat",
            "telemetry",
            "charges",
        ],
    ),
];

/// Lines of a file; one that passes this becomes a folder of named concerns.
const FILE_LINES_MAX: usize = 400;

/// Lines of a function outside tests, with its comments.
const FUNCTION_LINES_MAX: usize = 70;

/// Names of files that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &[
    "mod", "utils", "util", "common", "helpers", "helper", "misc", "manager", "service",
];

/// What must not stand in code, and what to do instead.
const BANNED_CODE: &[(&str, &str)] = &[
    ("todo!(", "finish it, or leave it out"),
    ("unimplemented!(", "finish it, or leave it out"),
];

/// What must not stand anywhere, also in comments.
const BANNED_WORDS: &[&str] = &[
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
    concat!("TO", "DO:"),
];

/// Fails with all places where a rule is broken.
#[track_caller]
fn hold(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}\n  {}", broken.join("\n  "));
}

fn level(module: &str) -> Option<u8> {
    LEVELS
        .iter()
        .find(|(name, _)| *name == module)
        .map(|(_, level)| *level)
}

#[test]
fn knowledge_points_downwards() {
    let mut broken = Vec::new();
    for source in &sources() {
        let Some(from) = source.module() else {
            continue;
        };
        let Some(high) = level(from) else {
            broken.push(format!("{}: the module `{from}` has no level", source.path));
            continue;
        };
        for (at, to) in edges(&source.code) {
            let Some(low) = level(&to) else { continue };
            let sideways =
                |(a, b): &(&str, &str)| *b == to && (*a == from || (*a == "*" && high == 0));
            if from != to && low >= high && !SIDEWAYS.iter().any(sideways) {
                let place = format!("{}:{}", source.gateway_path().unwrap(), source.line_of(at));
                broken.push(format!(
                    "{place} uses crate::{to}; {from} ({high}) may not know {to} ({low})"
                ));
            }
        }
    }
    hold("A module may use those of lower levels only.", &broken);
}

/// From a part of a module, two steps up are the crate: an edge that the test above does not see.
#[test]
fn edges_are_written_from_the_crate() {
    let mut broken = Vec::new();
    for source in &sources() {
        let depth = source.gateway_path().map(|path| path.matches('/').count());
        for (at, _) in source.code.match_indices("super::super::") {
            if depth.is_some_and(|depth| depth < 2) {
                broken.push(format!("{}:{}", source.path, source.line_of(at)));
            }
        }
    }
    hold("Other modules are named from `crate::`.", &broken);
}

#[test]
fn libraries_stay_behind_their_borders() {
    let mut broken = Vec::new();
    for source in &sources() {
        let Some(path) = source.gateway_path() else {
            continue;
        };
        for (libraries, allowed) in BORDERS {
            if allowed.iter().any(|start| path.starts_with(start)) {
                continue;
            }
            for library in *libraries {
                for at in places(&source.code, library) {
                    // `self::http` and `crate::x` are modules of ours, whatever their name.
                    let ours = source.code[..at].ends_with("::");
                    if !ours && source.code[at + library.len()..].starts_with("::") {
                        let line = source.line_of(at);
                        broken.push(format!(
                            "{path}:{line} names {library}, which belongs to {}",
                            allowed.join(", ")
                        ));
                    }
                }
            }
        }
    }
    hold("A library is named in its own place only.", &broken);
}

#[test]
fn files_are_short_documented_and_well_named() {
    let mut broken = Vec::new();
    for source in &sources() {
        let (path, lines) = (&source.path, source.text.lines().count());
        if lines > FILE_LINES_MAX {
            broken.push(format!(
                "{path} has {lines} lines; {FILE_LINES_MAX} are allowed"
            ));
        }
        if !source.text.starts_with("//!") {
            broken.push(format!(
                "{path}:1 does not start with `//!`: what is it, what does it never do?"
            ));
        }
        let stem = Path::new(path).file_stem().unwrap().to_str().unwrap();
        if EMPTY_NAMES.contains(&stem) {
            broken.push(format!("{path}: the name `{stem}` says nothing"));
        }
    }
    hold(
        "A file is short, says what it is, and is named after it.",
        &broken,
    );
}

#[test]
fn functions_are_short() {
    let mut broken = Vec::new();
    for source in &sources() {
        // A table of cases is data, and may be long.
        if source.path.contains("tests") {
            continue;
        }
        for at in places(&source.code, "fn") {
            // The body opens at the first brace, unless the declaration ends before it.
            let Some(open) = source.code[at..].find(['{', ';']) else {
                continue;
            };
            let mut depth = 0_usize;
            let close = source.code[at + open..].char_indices().find(|(_, c)| {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                depth == 0
            });
            let Some((length, _)) = close else { continue };
            let lines = 1 + source.text[at..=at + open + length].matches('\n').count();
            if lines > FUNCTION_LINES_MAX {
                let line = source.line_of(at);
                broken.push(format!(
                    "{}:{line} has {lines} lines; {FUNCTION_LINES_MAX} are allowed",
                    source.path
                ));
            }
        }
    }
    hold("A function is short.", &broken);
}

#[test]
fn every_item_of_the_interface_is_documented() {
    let mut broken = Vec::new();
    let ours = |path: &PathBuf| below_checkout(path).starts_with("wit/");
    for path in files(&["wit"]).into_iter().filter(ours) {
        let text = fs::read_to_string(&path).unwrap();
        let (mut documented, mut open) = (false, false);
        for (number, line) in text.lines().map(str::trim).enumerate() {
            let code = line.split("//").next().unwrap().trim_end();
            let item = !code.is_empty() && !code.starts_with('}') && !open;
            let statement = ["use ", "import ", "export ", "include "]
                .iter()
                .any(|s| code.starts_with(s));
            if item && !statement && !documented {
                broken.push(format!("{}:{} `{code}`", below_checkout(&path), number + 1));
            }
            documented = line.starts_with("///");
            open = if code.is_empty() {
                open
            } else {
                !code.ends_with(['{', '}', ';', ','])
            };
        }
    }
    hold(
        "Every item of the WIT has a `///` right before it.",
        &broken,
    );
}

#[test]
fn exceptions_have_reasons() {
    let mut broken = Vec::new();
    for source in &sources() {
        for attribute in ["[allow(", "[expect("] {
            for (at, _) in source.code.match_indices(attribute) {
                let whole = source.code[at..].split(']').next().unwrap();
                if !whole.contains("reason =") {
                    broken.push(format!("{}:{} `{whole}]`", source.path, source.line_of(at)));
                }
            }
        }
    }
    hold(
        "An exception from a lint is `#[expect(lint, reason = \"…\")]`.",
        &broken,
    );
}

/// Whoever looks for something finds its module in `host/README.md`.
#[test]
fn the_code_map_is_complete() {
    let map = fs::read_to_string(checkout().join("host/README.md")).unwrap();
    let mut broken = Vec::new();
    for source in &sources() {
        let Some(module) = source.module().and(source.gateway_path()) else {
            continue;
        };
        let module = module.trim_end_matches(".rs");
        // Parts of `protocol` and `config` are named by their fronts; tests belong to their module.
        let mapped =
            level(module.split('/').next().unwrap()) == Some(0) || module.ends_with("tests");
        let part_of_part = module.matches('/').count() > 1;
        let front = !module.contains('/');
        if (front || !mapped && !part_of_part) && !map.contains(&format!("`{module}`")) {
            broken.push(format!("`{module}`"));
        }
    }
    hold(
        "Every module is in the code map of `host/README.md`.",
        &broken,
    );
}

#[test]
fn nothing_banned_is_in_the_tree() {
    let here = checkout().to_str().unwrap().to_owned();
    let mut broken = Vec::new();
    for source in &sources() {
        let reads_environment = ["cli", "server"].map(Some).contains(&source.module());
        for (banned, instead) in BANNED_CODE {
            let inside = source.gateway_path().is_some() && !reads_environment;
            if *banned == "env::var" && !inside {
                continue;
            }
            for (at, _) in source.code.match_indices(banned) {
                broken.push(format!(
                    "{}:{} has `{banned}`; {instead}",
                    source.path,
                    source.line_of(at)
                ));
            }
        }
    }
    for path in files(&["rs", "md", "toml", "wit", "json", "csv", "tsv"]) {
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            let word = BANNED_WORDS.iter().find(|word| line.contains(**word));
            let place = line.contains(&here).then_some(&"a path of this machine");
            if let Some(what) = word.or(place) {
                broken.push(format!(
                    "{}:{} has {what}",
                    below_checkout(&path),
                    number + 1
                ));
            }
        }
    }
    hold("What is banned is not in the tree.", &broken);
}
