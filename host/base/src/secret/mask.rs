//! Takes secrets out of what others will read: out of text, and out of JSON that was written already.

use std::{borrow::Cow, collections::BTreeSet, fmt, ops::Range, sync::Arc};

use aho_corasick::{AhoCorasick, Anchored, Input, MatchKind, StartKind};
use serde_json::Value;

use super::Secret;

/// What stands where a secret was.
const MASKED: &str = "***";

/// So much of the beginning of a secret is taken out where a text was cut in it. Shorter pieces are
/// in many a text, and give nothing away.
const BEGINNING_BYTES: usize = 4;

/// Takes secrets out of text and of JSON: `***` stands where one was.
///
/// It finds each secret as it is, as it stands inside a JSON text, and as it stands inside a JSON text
/// that is inside another. A net against accidents, such as a request that is logged whole: a
/// secret that is cut in pieces, or encoded in another way, gets past it.
///
/// Its own copies of the secrets are in the tables of the search, and are not wiped.
#[derive(Clone, Default)]
pub struct Mask {
    /// `None`: there is nothing to look for. Copies share the tables.
    tables: Option<Tables>,
}

#[derive(Clone)]
struct Tables {
    secrets: Arc<[Secret]>,
    /// How secrets stand in text.
    text: AhoCorasick,
    /// How they stand between the quotes of JSON; the same, where nothing in them is escaped.
    json: AhoCorasick,
}

impl Mask {
    /// A mask of all these. Empty ones are passed over.
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s Secret>) -> Self {
        let secrets = secrets.into_iter().filter(|secret| !secret.is_empty());
        let secrets: Arc<[Secret]> = secrets.cloned().collect();
        if secrets.is_empty() {
            return Self::default();
        }
        let mut text = BTreeSet::new();
        for secret in secrets.iter() {
            secret.reveal(|secret| text.extend(forms(secret)));
        }
        let json: BTreeSet<String> = text.iter().map(|form| escaped(form)).collect();
        let tables = Tables {
            json: table(&json),
            text: table(&text),
            secrets,
        };
        Self {
            tables: Some(tables),
        }
    }

    /// Whether there is nothing to hide.
    pub fn is_empty(&self) -> bool {
        self.tables.is_none()
    }

    /// `text` without the secrets. Costs one pass, and no copy where there is none in it.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match &self.tables {
            Some(Tables { text: finder, .. }) if finder.is_match(text) => {
                let mut clean = String::with_capacity(text.len());
                finder.replace_all_with(text, &mut clean, |_, _, clean| {
                    clean.push_str(MASKED);
                    true
                });
                Cow::Owned(clean)
            }
            _ => Cow::Borrowed(text),
        }
    }

    /// The same for a text that was cut somewhere: of a secret at its end, the beginning is taken out too.
    pub fn mask_cut<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut clean = self.mask(text);
        if let Some(tables) = &self.tables
            && let Some(at) = tables.beginning(&clean)
        {
            let kept = clean.get(..at).unwrap_or_default();
            clean = Cow::Owned(format!("{kept}{MASKED}"));
        }
        clean
    }

    /// JSON without the secrets, and still JSON; `None` where there is none in it, which costs one pass.
    ///
    /// A number that has one in it becomes `null`. What is not JSON comes out as something that is none.
    pub fn json(&self, json: &[u8]) -> Option<Vec<u8>> {
        let finder = &self.tables.as_ref()?.json;
        finder.is_match(json).then(|| without(finder, json))
    }
}

impl fmt::Debug for Mask {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASKED)
    }
}

impl Tables {
    /// Where the beginning of a secret starts with which `text` ends.
    fn beginning(&self, text: &str) -> Option<usize> {
        let begins = |secret: &Secret| {
            secret.reveal(|secret| {
                let longest = secret.len().min(text.len());
                let first = text.len().saturating_sub(longest);
                let last = text.len().checked_sub(BEGINNING_BYTES)?;
                let is_beginning = |at: &usize| {
                    let tail = text.get(*at..);
                    tail.is_some_and(|tail| secret.starts_with(tail))
                };
                (first..=last).find(is_beginning)
            })
        };
        self.secrets.iter().filter_map(begins).min()
    }
}

/// How a secret may stand in a text: as it is, in JSON, and in JSON in JSON. Some writers of JSON escape
/// the slash, which is in many a secret.
fn forms(secret: &str) -> Vec<String> {
    let slashes = |form: &String| form.replace('/', "\\/");
    let once = escaped(secret);
    let twice = escaped(&once);
    let (once_more, twice_more) = (slashes(&once), escaped(&slashes(&once)));
    vec![secret.to_owned(), once, twice, once_more, twice_more]
}

/// A text as it stands between the quotes of JSON.
fn escaped(text: &str) -> String {
    let json = Value::from(text).to_string();
    let inner = json
        .strip_prefix('"')
        .and_then(|json| json.strip_suffix('"'));
    inner.unwrap_or_default().to_owned()
}

/// # Panics
/// Where all have gigabytes together; the configuration lets some kilobytes through.
#[expect(
    clippy::expect_used,
    reason = "fails past 2^31 states only; the configuration bounds secrets to a few kilobytes each"
)]
fn table(patterns: &BTreeSet<String>) -> AhoCorasick {
    AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .start_kind(StartKind::Both)
        .build(patterns)
        .expect("a table of some kilobytes")
}

/// JSON without what the finder finds. Step by step, since a secret that seems to begin in the middle of
/// an escape is none: of `\nabc`, neither `nabc` nor a half of `\n` may be taken out.
fn without(finder: &AhoCorasick, json: &[u8]) -> Vec<u8> {
    let mut clean = Vec::with_capacity(json.len());
    let (mut at, mut in_string) = (0, false);
    while let Some(rest) = json.get(at..).filter(|rest| !rest.is_empty()) {
        let step = match rest {
            [b'"', ..] => {
                in_string = !in_string;
                1
            }
            _ if in_string => {
                if let Some(found) = found(finder, json, at..json.len()) {
                    clean.extend_from_slice(MASKED.as_bytes());
                    at = found.max(at.saturating_add(1));
                    continue;
                }
                match rest {
                    [b'\\', b'u', ..] => 6,
                    [b'\\', ..] => 2,
                    _ => 1,
                }
            }
            [b'-' | b'0'..=b'9', ..] => {
                let digits =
                    |byte: &&u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
                let number = rest.iter().take_while(digits).count();
                let end = at.saturating_add(number);
                if json
                    .get(at..end)
                    .is_some_and(|number| finder.is_match(number))
                {
                    clean.extend_from_slice(b"null");
                    at = end;
                    continue;
                }
                number
            }
            _ => 1,
        };
        clean.extend(rest.iter().take(step));
        at = at.saturating_add(step);
    }
    clean
}

/// Where a secret ends that begins just where `range` does.
fn found(finder: &AhoCorasick, json: &[u8], range: Range<usize>) -> Option<usize> {
    let input = Input::new(json).range(range).anchored(Anchored::Yes);
    finder.find(input).map(|found| found.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(secrets: &[&str]) -> Mask {
        let secrets: Vec<_> = secrets
            .iter()
            .map(|text| Secret::new((*text).to_owned()))
            .collect();
        Mask::new(&secrets)
    }

    /// Masks `text` with the mask of these secrets.
    fn masked(secrets: &[&str], text: &str) -> String {
        mask(secrets).mask(text).into_owned()
    }

    #[test]
    fn a_mask_takes_out_every_copy_of_every_secret() {
        for (secrets, text, expected) in [
            (&["planted"][..], "no such word", "no such word"),
            (&["planted"], "planted", "***"),
            (
                &["planted", "other"],
                "planted,other;planted",
                "***,***;***",
            ),
            (&["planted"], "plantedplantedplante", "******plante"),
            // The longer of two with one beginning: its rest would be half a secret.
            (&["plant", "planted"], "planted", "***"),
            (&["anted", "planted"], "planted", "***"),
            (&["plante", "ted-more"], "planted-more", "***d-more"),
            (
                &[r#"p"l\d"#],
                r#"{"text":"p\"l\\d","p":1}"#,
                r#"{"text":"***","p":1}"#,
            ),
            (&[r#"p"l\d"#], r#"raw p"l\d"#, "raw ***"),
            (
                &["schlüssel"],
                "ein Schlüssel, ein schlüssel",
                "ein Schlüssel, ein ***",
            ),
            (
                &[r#"p"l\d"#],
                r#"{"arguments":"{\"text\":\"p\\\"l\\\\d\"}"}"#,
                r#"{"arguments":"{\"text\":\"***\"}"}"#,
            ),
            (
                &["aGVs/bG8="],
                r#"{"php":"aGVs\/bG8="}"#,
                r#"{"php":"***"}"#,
            ),
            (&[""], "nothing to hide", "nothing to hide"),
            (&[], "nothing to hide", "nothing to hide"),
        ] {
            assert_eq!(masked(secrets, text), expected, "{secrets:?} in {text:?}");
        }
    }

    /// Whatever is taken out, JSON stays JSON, and what only looks like a secret stays.
    #[test]
    fn json_without_secrets_is_json() {
        for (secret, json, expected) in [
            (
                "planted-key",
                r#"{"a": "x planted-key y"}"#,
                r#"{"a": "x *** y"}"#,
            ),
            ("planted-key", r#"{"planted-key": 1}"#, r#"{"***": 1}"#),
            (r#"p"l\d"#, r#"{"a": "p\"l\\d"}"#, r#"{"a": "***"}"#),
            (
                r#"p"l\d"#,
                r#"{"a": "{\"b\": \"p\\\"l\\\\d\"}"}"#,
                r#"{"a": "{\"b\": \"***\"}"}"#,
            ),
            // A line break before `planted`, and nothing else.
            ("nplanted", r#"{"a": "\nplanted"}"#, r#"{"a": "\nplanted"}"#),
            ("nplanted", r#"{"a": "\\nplanted"}"#, r#"{"a": "\\***"}"#),
            (
                "00e9planted",
                r#"{"a": "\u00e9planted"}"#,
                r#"{"a": "\u00e9planted"}"#,
            ),
            (
                "nplanted",
                r#"{"a": "\nplanted nplanted"}"#,
                r#"{"a": "\nplanted ***"}"#,
            ),
            (
                "12345678",
                r#"{"a": 12345678, "b": "12345678"}"#,
                r#"{"a": null, "b": "***"}"#,
            ),
            ("12345678", r"[9123456780.5e1, 1234567]", r"[null, 1234567]"),
            (
                "back\\slash\\",
                r#"{"a": "back\\slash\\"}"#,
                r#"{"a": "***"}"#,
            ),
            ("planted-key", r#""planted-keyplanted-key""#, r#""******""#),
        ] {
            let clean = mask(&[secret]).json(json.as_bytes());
            let clean = clean.map_or_else(|| json.to_owned(), |it| String::from_utf8(it).unwrap());
            assert_eq!(clean, expected, "{secret} in {json}");
            let read: Result<Value, _> = serde_json::from_str(&clean);
            assert!(read.is_ok(), "{clean}");
        }
        assert_eq!(mask(&["planted-key"]).json(b"{}"), None);
        assert_eq!(Mask::default().json(b"\"planted-key\""), None);
    }

    /// A line that was cut in the middle of a secret does not end with its beginning.
    #[test]
    fn of_a_secret_that_was_cut_nothing_stays() {
        for (text, expected) in [
            ("key: planted-ke", "key: ***"),
            ("key: plan", "key: ***"),
            ("key: pla", "key: pla"),
            ("key: planted-key, planted", "key: ***, ***"),
            ("plan", "***"),
            ("ü", "ü"),
            ("", ""),
        ] {
            assert_eq!(mask(&["planted-key"]).mask_cut(text), expected, "{text}");
        }
    }

    /// The tables of a search show what they look for; a mask does not.
    #[test]
    fn a_mask_does_not_show_what_it_looks_for() {
        let mask = Mask::new(&[Secret::new("planted-key".to_owned())]);
        assert_eq!(format!("{mask:?} {mask:#?}"), "*** ***");
    }
}
