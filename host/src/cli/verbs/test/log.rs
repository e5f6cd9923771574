//! What a bot printed in a conversation that failed, and why it broke off, as its author wants it.

use ravenry_protocol::shown;

/// Functions of the bot's own that are shown of a trap.
const FRAMES_MAX: usize = 8;

/// How the names of functions begin that are none of the bot's own: the runtimes of Rust, C, Python and
/// JavaScript, and what is generated around a component.
const RUNTIME: &[&str] = &[
    "unknown>",
    "__",
    "_Py",
    "Fiber",
    "JS_",
    "Py",
    "abort",
    "alloc::",
    "cabi_",
    "cfunction_",
    "componentize",
    "core::",
    "dlmalloc",
    "exit",
    "exports::",
    "function_code_fastcall",
    "js_",
    "object_",
    "pyo3",
    "ravenry_sdk::",
    "rust_",
    "rustc_demangle",
    "slot_",
    "std::",
    "type_call",
    "wasm function",
    "wasi_",
    "wit_bindgen",
    "wit_dylib",
];

/// A hint that Rust adds to each panic; for a component it leads nowhere.
const RUST_NOTE: &str = "note: run with `RUST_BACKTRACE=1`";

/// The log of a conversation, under its name; nothing where there is none.
pub(super) fn shown(name: &str, logged: &[String]) -> Option<String> {
    let records = logged.iter().map(|record| without_runtime(record));
    let lines: Vec<String> = records
        .flat_map(|record| record.lines().map(shown::line).collect::<Vec<_>>())
        .filter(|line| !line.trim_start().starts_with(RUST_NOTE))
        .map(|line| format!("  | {line}").trim_end().to_owned())
        .collect();
    (!lines.is_empty()).then(|| format!("{name}: its log\n{}", lines.join("\n")))
}

/// A record without the frames of a trap that say nothing to the bot's author.
fn without_runtime(record: &str) -> String {
    let Some((what, frames)) = record.split_once("wasm backtrace:") else {
        return record.to_owned();
    };
    let what = what
        .trim_end()
        .trim_end_matches("error while executing at")
        .trim_end_matches(['\n', ' ', ';', ':']);
    let own = frames
        .lines()
        .filter_map(function)
        .filter(|name| !is_runtime(name));
    let own = own.take(FRAMES_MAX).map(|name| format!("\n  in {name}"));
    what.to_owned() + &own.collect::<String>()
}

/// The function of a frame, as in `0: 0x1f2 - cat.wasm!cat::respond`.
fn function(line: &str) -> Option<&str> {
    let (number, rest) = line.trim().split_once(':')?;
    number.parse::<u32>().ok()?;
    let (_, name) = rest.split_once(" - ")?;
    Some(name.split_once('!').map_or(name, |(_, name)| name).trim())
}

fn is_runtime(name: &str) -> bool {
    // As in `<cat::Cat as ravenry_sdk::Bot>::respond`, which is the bot's own.
    let name = name.trim_start_matches(['<', '&', '(']);
    // A function with `#` in its name is what a component exports.
    name.contains('#') || RUNTIME.iter().any(|runtime| name.starts_with(runtime))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frames_of_runtimes_are_left_out() {
        let record = "wasm trap: wasm `unreachable` instruction executed; error while executing at wasm backtrace:\n    \
                      0:   0x9f0 - cat.wasm!__rust_start_panic\n    \
                      1:   0x9e1 - cat.wasm!std::panicking::begin_panic_handler\n    \
                      2:   0x8d2 - cat.wasm!core::panicking::panic_fmt\n    \
                      3:   0x123 - cat.wasm!cat::purr\n    \
                      4:   0x124 - cat.wasm!<cat::Cat as ravenry_sdk::Bot>::respond\n    \
                      5:   0x125 - cat.wasm!<ravenry_sdk::Exported as Guest>::respond\n    \
                      6:   0x126 - cat.wasm!ravenry:bot/bot@0.1.0#respond\n\
                      7:   0x127 - <unknown>!<wasm function 152>\n\
                      note: using the `WASMTIME_BACKTRACE_DETAILS=1` …";
        insta::assert_snapshot!(shown("a.toml", &["purr \u{1b}".to_owned(), record.to_owned()]).unwrap(), @r"
        a.toml: its log
          | purr \u{1b}
          | wasm trap: wasm `unreachable` instruction executed
          |   in cat::purr
          |   in <cat::Cat as ravenry_sdk::Bot>::respond
        ");
        assert_eq!(shown("a.toml", &[]), None);
    }
}
