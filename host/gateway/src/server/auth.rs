//! Bearer keys: the header in, the right to call a bot out.

pub(super) mod guesses;

use http::{HeaderMap, header::AUTHORIZATION};

use crate::bots::{Authorized, Bot};

/// Lets a request in whose key opens the bot.
///
/// The scheme may be in any case and any number of spaces may follow it (RFC 9110, section 11.1);
/// Poe's own simulator sends it in lower case. A bot without keys is open to every client, with
/// or without a header.
pub(super) fn authorize(bot: &Bot, headers: &HeaderMap) -> Option<Authorized> {
    bot.authorize(
        headers
            .get(AUTHORIZATION)
            .and_then(|value| bearer(value.as_bytes())),
    )
}

fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked("bearer".len())?;
    let key = rest.trim_ascii();
    let spaced = rest.first().is_some_and(u8::is_ascii_whitespace);
    (scheme.eq_ignore_ascii_case(b"bearer") && spaced && !key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn the_scheme_is_read_as_the_standard_says() {
        for (header, key) in [
            ("Bearer k", Some("k")),
            ("bearer k", Some("k")),
            ("BEARER   k ", Some("k")),
            ("Bearerk", None),
            ("Bearer", None),
            ("Bearer ", None),
            ("Basic k", None),
            ("", None),
        ] {
            assert_eq!(
                bearer(header.as_bytes()),
                key.map(str::as_bytes),
                "{header:?}"
            );
        }
    }
}
