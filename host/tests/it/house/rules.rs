//! The rules, each as a function of one file: what goes in is its path and its text, what comes out is where it
//! breaks the rule. That each finds what it is for is tested in `planted`.

use std::path::Path;

use super::reader::{Source, edges, places};
use super::tables::{
    BANNED_BELOW_CLI, BANNED_CODE, BANNED_WORDS, BORDERS, EMPTY_NAMES, FILE_LINES_MAX,
    FUNCTION_LINES_MAX, LEVELS, PARTS, SIDEWAYS, VERBS, WALL_CLOCK,
};

/// What breaks a rule, and where.
pub(super) type Broken = Vec<String>;

/// The levels of a crate's modules, where it has any.
fn levels(name: &str) -> Option<&'static [(&'static str, u8)]> {
    let found = LEVELS.iter().find(|(of, _)| *of == name);
    found.map(|(_, levels)| *levels)
}

/// A module may use those of lower levels only.
pub(super) fn points_downwards(source: &Source) -> Broken {
    let Some((name, from)) = source.module() else {
        return Broken::new();
    };
    let Some(levels) = levels(&name) else {
        return Broken::new();
    };
    let level = |module: &str| levels.iter().find(|(of, _)| *of == module).map(|of| of.1);
    let Some(high) = level(&from) else {
        return vec![format!("{}: the module `{from}` has no level", source.path)];
    };
    let mut broken = Broken::new();
    for (at, to) in edges(&source.code, "crate") {
        let Some(low) = level(&to) else { continue };
        let sideways = SIDEWAYS.contains(&(name.as_str(), from.as_str(), to.as_str()));
        if from != to && low >= high && !sideways {
            let place = format!("{}:{}", source.path, source.line_of(at));
            broken.push(format!(
                "{place} uses crate::{to}; {from} ({high}) may not know {to} ({low})"
            ));
        }
    }
    broken
}

/// A verb uses what is shared, and knows no other verb; what is shared knows none. Only `cli.rs` names verbs. In the
/// file of a verb the module above it is that of all verbs: it may say `super` for the tests at its end alone.
pub(super) fn verbs_stand_alone(source: &Source) -> Broken {
    let Some(place) = source.place() else {
        return Broken::new();
    };
    let is_front = place == "cli.rs" || place == VERBS.to_owned() + ".rs";
    if is_front || !place.starts_with("cli/") {
        return Broken::new();
    }
    let verb = place
        .strip_prefix(VERBS)
        .and_then(|file| file.strip_prefix('/'));
    // Those named by their directory, and those above the file of a verb or above a part of it.
    let named = places(&source.code, "verbs");
    let above = verb.map(|file| "super::".repeat(1 + file.matches('/').count()));
    let above = above.iter().flat_map(|above| {
        let tests = above.clone() + "*;";
        let found = source.code.match_indices(above.as_str());
        found.filter(move |(at, _)| !source.code[*at..].starts_with(&tests))
    });
    let mut found: Vec<usize> = named.into_iter().chain(above.map(|(at, _)| at)).collect();
    found.sort_unstable();
    found.dedup_by_key(|at| source.line_of(*at));
    let place = |at: usize| format!("{}:{} knows a verb", source.path, source.line_of(at));
    found.into_iter().map(place).collect()
}

/// A part of a module may use those of lower levels only, where its parts have levels.
pub(super) fn parts_point_downwards(source: &Source) -> Broken {
    let mut broken = Broken::new();
    let place = source.place().unwrap_or_default();
    for (module, levels) in PARTS {
        let Some(below) = place.strip_prefix(&format!("{module}/")) else {
            continue;
        };
        let level = |part: &str| levels.iter().find(|(of, _)| *of == part).map(|of| of.1);
        let from = below.split(['/', '.']).next().unwrap();
        let Some(high) = level(from) else {
            broken.push(format!("{}: the part `{from}` has no level", source.path));
            continue;
        };
        let name = module.rsplit('/').next().unwrap();
        let mut named = edges(&source.code, name);
        if !below.contains('/') {
            named.extend(edges(&source.code, "super"));
        }
        for (at, to) in named {
            let upwards = level(&to).filter(|low| from != to && *low >= high);
            broken.extend(upwards.map(|low| {
                let place = format!("{}:{}", source.path, source.line_of(at));
                format!("{place} uses {to}; {from} ({high}) may not know {to} ({low})")
            }));
        }
    }
    broken
}

/// Other modules are named from `crate::`: two steps up from a part of a module are the crate, an edge that
/// the rule above does not see.
pub(super) fn names_from_the_crate(source: &Source) -> Broken {
    let levelled = source.module().filter(|(name, _)| levels(name).is_some());
    let depth = levelled
        .and(source.place())
        .map(|path| path.matches('/').count());
    let ups = source.code.match_indices("super::super::");
    ups.filter(|_| depth.is_some_and(|depth| depth < 3))
        .map(|(at, _)| format!("{}:{}", source.path, source.line_of(at)))
        .collect()
}

/// A library is named in its own place only.
pub(super) fn keeps_borders(source: &Source) -> Broken {
    let mut broken = Broken::new();
    let Some(path) = source.place() else {
        return broken;
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
    broken
}

/// The clock on the wall is read in few places.
pub(super) fn waits_by_no_wall_clock(source: &Source) -> Broken {
    let Some(path) = source.place() else {
        return Broken::new();
    };
    if WALL_CLOCK.iter().any(|start| path.starts_with(start)) {
        return Broken::new();
    }
    let reads = source.code.match_indices("SystemTime::now");
    reads
        .map(|(at, _)| format!("{path}:{}", source.line_of(at)))
        .collect()
}

/// A file is short.
pub(super) fn is_short(source: &Source) -> Broken {
    let lines = source.text.lines().count();
    let broken = lines > FILE_LINES_MAX;
    let text = format!(
        "{} has {lines} lines; {FILE_LINES_MAX} are allowed",
        source.path
    );
    broken.then_some(text).into_iter().collect()
}

/// A file says what it is.
pub(super) fn says_what_it_is(source: &Source) -> Broken {
    let broken = !source.text.starts_with("//!");
    let text = format!(
        "{}:1 does not start with `//!`: what is it, what does it never do?",
        source.path
    );
    broken.then_some(text).into_iter().collect()
}

/// A file is named after what is in it.
pub(super) fn has_a_name(source: &Source) -> Broken {
    let stem = Path::new(&source.path).file_stem().unwrap();
    let stem = stem.to_str().unwrap();
    let broken = EMPTY_NAMES.contains(&stem);
    let text = format!("{}: the name `{stem}` says nothing", source.path);
    broken.then_some(text).into_iter().collect()
}

/// A function is short.
pub(super) fn functions_are_short(source: &Source) -> Broken {
    let mut broken = Broken::new();
    // A table of cases is data, and may be long.
    if source.path.contains("tests") {
        return broken;
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
    broken
}

/// Every item of the WIT has a `///` right before it.
pub(super) fn items_are_documented(path: &str, text: &str) -> Broken {
    let mut broken = Broken::new();
    let (mut documented, mut open) = (false, false);
    for (number, line) in text.lines().map(str::trim).enumerate() {
        let code = line.split("//").next().unwrap().trim_end();
        let item = !code.is_empty() && !code.starts_with('}') && !open;
        let statement = ["use ", "import ", "export ", "include "]
            .iter()
            .any(|s| code.starts_with(s));
        if item && !statement && !documented {
            broken.push(format!("{path}:{} `{code}`", number + 1));
        }
        documented = line.starts_with("///");
        open = if code.is_empty() {
            open
        } else {
            !code.ends_with(['{', '}', ';', ','])
        };
    }
    broken
}

/// An exception from a lint has a reason.
pub(super) fn exceptions_have_reasons(source: &Source) -> Broken {
    let mut broken = Broken::new();
    for attribute in ["[allow(", "[expect("] {
        for (at, _) in source.code.match_indices(attribute) {
            let whole = source.code[at..].split(']').next().unwrap();
            if !whole.contains("reason =") {
                broken.push(format!("{}:{} `{whole}]`", source.path, source.line_of(at)));
            }
        }
    }
    broken
}

/// What is banned is not in code.
pub(super) fn has_no_banned_code(source: &Source) -> Broken {
    let below_cli = source
        .place()
        .is_some_and(|place| !place.starts_with("cli"));
    let more = BANNED_BELOW_CLI.iter().filter(|_| below_cli);
    let mut broken = Broken::new();
    for (banned, instead) in BANNED_CODE.iter().chain(more) {
        for (at, _) in source.code.match_indices(banned) {
            broken.push(format!(
                "{}:{} has `{banned}`; {instead}",
                source.path,
                source.line_of(at)
            ));
        }
    }
    broken
}

/// What is banned stands nowhere; nor does the path of the checkout on this machine.
pub(super) fn has_no_banned_words(path: &str, text: &str, here: &str) -> Broken {
    let mut broken = Broken::new();
    for (number, line) in text.lines().enumerate() {
        let word = BANNED_WORDS.iter().find(|word| line.contains(**word));
        let place = line.contains(here).then_some(&"a path of this machine");
        if let Some(what) = word.or(place) {
            broken.push(format!("{path}:{} has {what}", number + 1));
        }
    }
    broken
}

/// A cause that an error's own sentence repeats is not its source besides: whoever tells both tells it twice.
pub(super) fn causes_are_told_once(source: &Source) -> Broken {
    let lines: Vec<&str> = source.text.lines().collect();
    let mut broken = Broken::new();
    for (number, pair) in lines.windows(2).enumerate() {
        let [sentence, variant] = pair else { continue };
        if !sentence.trim().starts_with("#[error(") {
            continue;
        }
        let fields = variant.split(',').enumerate();
        let mut causes =
            fields.filter(|(_, field)| field.contains("#[source]") || field.contains("#[from]"));
        if causes.any(|(index, _)| sentence.contains(&format!("{{{index}"))) {
            let text = format!("{}:{} `{}`", source.path, number + 2, variant.trim());
            broken.push(text);
        }
    }
    broken
}
