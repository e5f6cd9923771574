//! A value that must not be seen: access keys and other secrets, as they lie in memory.
//!
//! A [`Secret`] has no `Display`, its `Debug` is `***`, it is wiped when the last copy is dropped,
//! and it is compared without telling by time how much of a guess was right. A [`Mask`] takes several
//! of them out of what others will read.

use std::{fmt, sync::Arc};

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub use self::mask::Mask;
pub use self::user::{without_user, without_users};

mod mask;
mod user;

/// A secret text. Copies share one piece of memory, which is wiped when the last of them goes.
#[derive(Clone)]
pub struct Secret {
    /// The text itself; wiped on drop.
    text: Arc<SecretString>,
    /// SHA-256 of the text, so that a comparison hashes only what the client sent.
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

#[cfg(test)]
mod tests {
    use std::{
        hint::black_box,
        time::{Duration, Instant},
    };

    use super::*;

    /// How much of a guess is right shows in no time. Each is measured by turns, and its least time counts:
    /// whatever else the machine does only adds to others. The texts are long, so that a comparison which
    /// stops at the first wrong byte would take ten times as long or more when that is the last one.
    #[test]
    fn a_guess_takes_as_long_wherever_it_goes_wrong() {
        let right = vec![b'k'; 64 * 1024];
        let secret = Secret::new(String::from_utf8(right.clone()).unwrap());
        let wrong_at = |at: usize| {
            let mut guess = right.clone();
            guess[at] = b'x';
            (guess, Duration::MAX)
        };
        let mut guesses = [wrong_at(0), wrong_at(right.len() - 1)];
        for _ in 0..100 {
            for (guess, least) in &mut guesses {
                let began = Instant::now();
                assert!(!black_box(&secret).matches(black_box(guess)));
                *least = began.elapsed().min(*least);
            }
        }
        let [(_, early), (_, late)] = guesses;
        assert!(late < early * 2 && early < late * 2, "{early:?} {late:?}");
    }

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
}
