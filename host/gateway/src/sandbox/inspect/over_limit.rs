//! Whether a file that the reader of WebAssembly refuses passes a limit, and which: a valid file can do that.
//!
//! The reader has no kinds of errors, only words: these are matched, and the limits are those of its
//! `limits.rs`, which most engines share. Tests hold the words against it.

/// What is counted where it is read, and how much of it there may be. The reader's words leave the number out.
const COUNTS: [(&str, u64); 13] = [
    ("record field", 10_000),
    ("variant cases", 10_000),
    ("tuple types", 10_000),
    ("enum cases", 10_000),
    ("flag names", 1_000),
    ("component function parameters", 1_000),
    ("function params", 1_000),
    ("function returns", 1_000),
    ("module type declaration", 100_000),
    ("component type declaration", 1_000_000),
    ("instance type declaration", 1_000_000),
    ("instantiation arguments", 100_000),
    ("core instantiation arguments", 100_000),
];

/// Which limit a file of this size passes, by what the reader says of it. `None`: it is damaged.
pub(super) fn passed(said: &str, file_bytes: u64) -> Option<String> {
    // What grows without growing the file cannot come of a number that is wrong.
    if said.starts_with("effective type size exceeds the limit of ") {
        return Some(said.to_owned());
    }
    if said == "type nesting is too deep" {
        return Some("types are nested deeper than the limit of 100".to_owned());
    }
    let (what, max) = if let Some((what, max)) = said.split_once(" count exceeds limit of ") {
        (what, max.parse().ok()?)
    } else {
        let counted = said.strip_suffix(" size is out of bounds")?;
        *COUNTS.iter().find(|(what, _)| *what == counted)?
    };
    // Whatever is counted takes a byte at least: a number beyond that is what damage looks like.
    (file_bytes > max).then(|| format!("{what} count exceeds the limit of {max}"))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::{inspect::InspectError, sound};

    /// What is said of a file with this in a component; it is valid but for its size.
    fn said(text: &str) -> String {
        let bytes = wat::parse_str(format!("(component {text})")).unwrap();
        let error = sound(&bytes).unwrap_err();
        assert!(
            matches!(error, InspectError::OverLimit { .. }),
            "{error:?} of {text:.80}"
        );
        let said = error.to_string();
        let (said, at) = said.split_once(" (at byte ").unwrap();
        assert!(at.trim_end_matches(')').parse::<usize>().is_ok(), "{at}");
        said.to_owned()
    }

    fn repeated(count: usize, item: impl Fn(usize) -> String) -> String {
        (0..count).map(item).collect()
    }

    #[test]
    fn what_is_valid_but_too_large_is_not_damaged() {
        let doubled = "(type $t0 string)".to_owned()
            + &repeated(39, |at| {
                format!("(type $t{} (tuple $t{at} $t{at}))", at + 1)
            });
        let nested = "(type $t0 u8)".to_owned()
            + &repeated(101, |at| format!("(type $t{} (list $t{at}))", at + 1));
        let fields = repeated(10_001, |at| format!("(field \"f{at}\" u8)"));
        let flags = repeated(1_001, |at| format!("\"f{at}\" "));
        let parameters = repeated(1_001, |at| format!("(param \"p{at}\" u8)"));
        let cases = [
            (doubled, "effective type size exceeds the limit of 1000000"),
            (nested, "types are nested deeper than the limit of 100"),
            (
                format!("(type (record {fields}))"),
                "record field count exceeds the limit of 10000",
            ),
            (
                format!("(type (flags {flags}))"),
                "flag names count exceeds the limit of 1000",
            ),
            (
                format!("(type (func {parameters}))"),
                "component function parameters count exceeds the limit of 1000",
            ),
            (
                "(instance)".repeat(1_001),
                "instances count exceeds the limit of 1000",
            ),
        ];
        for (text, limit) in cases {
            assert_eq!(said(&text), format!("is too large: {limit}"));
        }
    }

    /// A number of things that the file cannot hold comes of damage.
    #[test]
    fn numbers_beyond_the_file_are_damage() {
        let said = |said: &str, bytes| super::passed(said, bytes);
        let counted = "instances count exceeds limit of 1000";
        assert_eq!(said(counted, 1_000), None);
        assert!(said(counted, 1_001).is_some());
        assert_eq!(said("record field size is out of bounds", 10_000), None);
        assert_eq!(said("section size is out of bounds", u64::MAX), None);
        assert_eq!(said("unexpected end-of-file", u64::MAX), None);
    }
}
