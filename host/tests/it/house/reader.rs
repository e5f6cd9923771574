//! Reads the sources: finds the files, blanks out comments and literals, and finds the edges.
//!
//! A reader of tokens would be exact but slow to build; these rules need no more than this.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// A source file, and its code with comments and the insides of strings blanked out.
pub(super) struct Source {
    /// Path below the checkout.
    pub(super) path: String,
    pub(super) text: String,
    pub(super) code: String,
}

impl Source {
    /// A file with this text.
    pub(super) fn new(path: String, text: String) -> Self {
        let code = code_of(&text);
        Self { path, text, code }
    }

    /// Where it is in our own crates: `cli/up.rs` of the command line, `gateway/bots/reply.rs` of the others.
    pub(super) fn place(&self) -> Option<String> {
        let path = self.path.strip_prefix("host/")?;
        if let Some(of_the_command_line) = path.strip_prefix("src/") {
            return Some(of_the_command_line.to_owned());
        }
        let (name, below) = path.split_once("/src/")?;
        (!name.contains('/')).then(|| format!("{name}/{below}"))
    }

    /// The crate and the module of it that this file belongs to, in crates that have levels of them.
    pub(super) fn module(&self) -> Option<(String, String)> {
        let place = self.place()?;
        let (name, below) = place.split_once('/')?;
        let module = below.split(['/', '.']).next()?;
        (module != "lib").then(|| (name.to_owned(), module.to_owned()))
    }

    pub(super) fn line_of(&self, offset: usize) -> usize {
        1 + self.text[..offset].matches('\n').count()
    }
}

pub(super) fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// All files of the checkout with these extensions, without what was built or belongs to git.
pub(super) fn files(extensions: &[&str]) -> Vec<PathBuf> {
    fn walk(directory: &Path, extensions: &[&str], found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path();
            let name = entry.file_name().into_string().unwrap();
            if entry.file_type().unwrap().is_dir() {
                if !name.starts_with('.') && name != "target" && name != "node_modules" {
                    walk(&path, extensions, found);
                }
            } else if path
                .extension()
                .is_some_and(|kind| extensions.iter().any(|e| kind == *e))
            {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&checkout(), extensions, &mut found);
    found.sort();
    found
}

pub(super) fn below_checkout(path: &Path) -> String {
    path.strip_prefix(checkout())
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned()
}

pub(super) fn sources() -> Vec<Source> {
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        Source::new(below_checkout(&path), text)
    };
    let sources: Vec<Source> = files(&["rs"]).into_iter().map(read).collect();
    assert!(sources.len() > 20, "the sources were not found");
    sources
}

/// The code of a Rust file: comments and the insides of literals are blanks of the same length.
fn code_of(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = literal_end(text, at);
        if end > at {
            let inside = &mut code[at..end.min(bytes.len())];
            inside
                .iter_mut()
                .filter(|byte| **byte != b'\n')
                .for_each(|byte| *byte = b' ');
            at = end;
        } else {
            at += 1;
        }
    }
    String::from_utf8(code).unwrap()
}

/// Where the comment or literal that starts here ends; `at` when none starts here.
fn literal_end(text: &str, at: usize) -> usize {
    // Nothing starts in the middle of a character.
    let Some(rest) = text.get(at..) else {
        return at;
    };
    let after = |what: &str, from: usize| {
        rest[from..]
            .find(what)
            .map_or(text.len(), |found| at + from + found + what.len())
    };
    if rest.starts_with("//") {
        return rest.find('\n').map_or(text.len(), |end| at + end);
    }
    if rest.starts_with("/*") {
        return after("*/", 2);
    }
    if rest.starts_with('"') {
        return quoted_end(text.as_bytes(), at);
    }
    let before = text[..at].trim_end_matches('b').chars().next_back();
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if let Some(raw) = rest.strip_prefix('r').filter(|_| !in_word) {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            return after(&format!("\"{}", "#".repeat(hashes)), hashes + 2);
        }
    }
    // A lifetime has no second quote right after its first character.
    let mut inside = rest.strip_prefix('\'').unwrap_or_default().chars();
    match (inside.next(), inside.next()) {
        (Some('\\'), _) | (Some(_), Some('\'')) => quoted_end(text.as_bytes(), at),
        _ => at,
    }
}

/// Where the literal ends that the quote at this place opens.
fn quoted_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while end < bytes.len() && bytes[end] != bytes[at] {
        end += if bytes[end] == b'\\' { 2 } else { 1 };
    }
    (end + 1).min(bytes.len())
}

/// Offsets at which a name stands by itself in code.
pub(super) fn places(code: &str, name: &str) -> Vec<usize> {
    let part = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let bytes = code.as_bytes();
    code.match_indices(name)
        .map(|(at, _)| at)
        .filter(|at| (*at == 0 || !part(bytes.get(at - 1))) && !part(bytes.get(at + name.len())))
        .collect()
}

/// The modules below `root` that a piece of code names, and where.
pub(super) fn edges(code: &str, root: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let word = |from: usize| -> String {
        code[from..]
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    for at in places(code, root) {
        let start = at + root.len() + "::".len();
        let Some(rest) = code[at + root.len()..].strip_prefix("::") else {
            continue;
        };
        if !rest.starts_with('{') {
            found.push((start, word(start)));
            continue;
        }
        // `use crate::{a::B, c::{D, E}}`: names at the first depth, after a brace or a comma.
        let (mut depth, mut expected) = (0, false);
        for (index, c) in rest.char_indices() {
            match c {
                '{' => (depth, expected) = (depth + 1, depth == 0),
                '}' => depth -= 1,
                ',' => expected = depth == 1,
                c if expected && !c.is_whitespace() => {
                    found.push((start + index, word(start + index)));
                    expected = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    found
}

/// The reader of sources, on which all of the above stands, sees what it should.
#[test]
fn the_reader_of_sources_reads() {
    let text = "let a = 'x'; // crate::one\nlet b: &'a str = \"crate::two \\\" {\"; r#\"fn \"{\"#; '\\''; '{';\ncrate::three::x();";
    let code = code_of(text);
    assert_eq!(code.len(), text.len());
    assert_eq!(code.matches(['{', '"', 'x']).collect::<String>(), "x");
    let group = "use crate::{\n  bots::{self, reply},\n  ids::Name,\n};\nuse crate::report;";
    let mut names = String::new();
    edges(group, "crate")
        .iter()
        .chain(&edges(&code, "crate"))
        .for_each(|(_, name)| write!(names, "{name} ").unwrap());
    assert_eq!(names, "bots ids report three ");
}
