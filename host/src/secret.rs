//! A value that must not be seen: access keys and other secrets, as they lie in memory.
//!
//! A [`Secret`] has no `Display`, its `Debug` is `***`, it is wiped when the last copy is dropped,
//! and it is compared without telling by time how much of a guess was right. A [`Mask`] takes several
//! of them out of text that others will read.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A secret text. Copies share one piece of memory, which is wiped when the last of them goes.
#[derive(Clone)]
pub struct Secret {
    /// The text itself; wiped on drop.
    text: Arc<SecretString>,
    /// SHA-256 of the text, so that a comparison hashes only what a stranger sent.
    digest: [u8; 32],
}

impl Secret {
    /// Takes the text over. What else still holds a copy of it is the caller's business.
    pub fn new(text: String) -> Self {
        let digest = Sha256::digest(text.as_bytes()).into();
        Self {
            text: Arc::new(SecretString::from(text)),
            digest,
        }
    }

    /// Whether `candidate` is this secret.
    ///
    /// The time it takes depends on the length of the candidate alone: SHA-256 digests are compared,
    /// all 32 bytes of them, so neither the length of the secret nor a shared beginning shows.
    pub fn matches(&self, candidate: &[u8]) -> bool {
        let digest: [u8; 32] = Sha256::digest(candidate).into();
        self.digest.ct_eq(&digest).into()
    }

    /// Length of the secret in bytes.
    pub fn len(&self) -> usize {
        self.reveal(str::len)
    }

    /// Whether the secret is the empty text. The configuration never makes such a one.
    pub fn is_empty(&self) -> bool {
        self.reveal(str::is_empty)
    }

    /// Hands the text itself to `use_it`, which gives it to the one whom it is meant for: in a header,
    /// a path, a body. What comes out of it must not be printed.
    pub fn reveal<T>(&self, use_it: impl FnOnce(&str) -> T) -> T {
        use_it(self.text.expose_secret())
    }
}

/// Takes the same time whatever is in them.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.digest.ct_eq(&other.digest).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// Takes secrets out of text: `***` stands where one was.
///
/// It finds each secret as it is, and as it stands inside a JSON text. A net against accidents, such
/// as a request that is logged whole: whoever cuts a secret in pieces, or encodes it, gets past it.
///
/// Its own copies of the secrets are in the tables of the search, and are not wiped.
#[derive(Clone)]
pub struct Mask {
    /// `None`: there is nothing to look for. Copies share the tables.
    finder: Option<AhoCorasick>,
}

/// What stands where a secret was.
const MASKED: &str = "***";

impl Mask {
    /// A mask of all these. Empty ones are passed over.
    ///
    /// # Panics
    /// Where they have gigabytes together; the configuration lets some kilobytes through.
    #[expect(
        clippy::expect_used,
        reason = "fails past 2^31 states only; the configuration bounds secrets to a few kilobytes each"
    )]
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s Secret>) -> Self {
        let mut patterns = Vec::new();
        for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
            secret.reveal(|text| {
                let json = serde_json::Value::from(text).to_string();
                let inner = json
                    .strip_prefix('"')
                    .and_then(|json| json.strip_suffix('"'));
                let escaped = inner.filter(|inner| *inner != text).map(str::to_owned);
                patterns.push(text.to_owned());
                patterns.extend(escaped);
            });
        }
        let finder = (!patterns.is_empty()).then(|| {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .build(patterns)
                .expect("a table of some kilobytes")
        });
        Self { finder }
    }

    /// `text` without the secrets. Costs one pass, and no copy where there is none in it.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match &self.finder {
            Some(finder) if finder.is_match(text) => {
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
}

impl fmt::Debug for Mask {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASKED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_bytes_match() {
        let secret = Secret::new("abcdef".to_owned());
        assert!(secret.matches(b"abcdef"));
        for wrong in ["", "a", "abcde", "abcdeg", "abcdefg", "ABCDEF", "abcdef\0"] {
            assert!(
                !secret.matches(wrong.as_bytes()),
                "{wrong:?} was taken for the secret"
            );
        }
    }

    /// Printing a structure that holds a key, by accident or in a panic, shows no part of it.
    #[test]
    fn debug_shows_nothing() {
        let secret = Secret::new("planted-key".to_owned());
        assert_eq!(
            format!("{secret:?} {:#?}", Some(secret.clone())),
            "*** Some(\n    ***,\n)"
        );
        assert_eq!(secret.len(), 11);
        assert!(!secret.is_empty());
    }

    /// Masks `text` with the mask of these secrets.
    fn masked(secrets: &[&str], text: &str) -> String {
        let secrets: Vec<_> = secrets
            .iter()
            .map(|text| Secret::new((*text).to_owned()))
            .collect();
        Mask::new(&secrets).mask(text).into_owned()
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
            (&[""], "nothing to hide", "nothing to hide"),
            (&[], "nothing to hide", "nothing to hide"),
        ] {
            assert_eq!(masked(secrets, text), expected, "{secrets:?} in {text:?}");
        }
    }

    /// The tables of a search show what they look for; a mask does not.
    #[test]
    fn a_mask_does_not_show_what_it_looks_for() {
        let mask = Mask::new(&[Secret::new("planted-key".to_owned())]);
        assert_eq!(format!("{mask:?} {mask:#?}"), "*** ***");
    }
}
