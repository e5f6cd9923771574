//! Names: small texts whose shape is checked once, where they come in.

use std::{fmt, sync::Arc};

/// Longest name of a bot or a tenant, in bytes.
///
/// Names are labels of metrics and parts of file names; 64 is short enough for both everywhere.
pub const NAME_BYTES_MAX: usize = 64;

/// Longest route, in bytes.
///
/// Far below what any client or proxy allows in a URL; a longer one is a mistake.
pub const ROUTE_BYTES_MAX: usize = 256;

/// The name among `known` that is meant, probably, by one that was typed and is not among them.
pub fn nearest<'k>(typed: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if typed.len() > NAME_BYTES_MAX {
        return None;
    }
    let likeness = |name: &'k str| (strsim::normalized_damerau_levenshtein(typed, name), name);
    let best = known
        .into_iter()
        .map(likeness)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    // One wrong letter in three; below, suggestions get silly.
    best.filter(|(likeness, _)| *likeness >= 0.65)
        .map(|(_, name)| name)
}

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a name is 1 to {NAME_BYTES_MAX} of `a-z`, `0-9`, `-` and `_`, and starts with a letter or a digit"
)]
pub struct NameError;

/// Why a text is no route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// It does not start with `/`.
    #[error("a route starts with `/`")]
    NotAbsolute,
    /// It is longer than [`ROUTE_BYTES_MAX`].
    #[error("a route has at most {ROUTE_BYTES_MAX} bytes")]
    TooLong,
    /// Two slashes stand side by side.
    #[error("a route has no empty segment")]
    EmptySegment,
    /// A segment is `.` or `..`.
    #[error("a route has no segment `.` or `..`")]
    Dots,
    /// A character would have to be escaped in a URL.
    #[error("a segment of a route is made of `A-Z`, `a-z`, `0-9`, `-`, `.`, `_` and `~`")]
    Character,
}

fn checked_name(text: &str) -> Result<Arc<str>, NameError> {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let starts_well = text.bytes().next().is_some_and(alphanumeric);
    let goes_on_well = text
        .bytes()
        .all(|byte| alphanumeric(byte) || byte == b'-' || byte == b'_');
    if starts_well && goes_on_well && text.len() <= NAME_BYTES_MAX {
        Ok(text.into())
    } else {
        Err(NameError)
    }
}

/// Name of a bot, unique within its tenant: 1 to 64 of `a-z`, `0-9`, `-`, `_`, the first a letter or digit.
///
/// Copies share one text: every call of a bot has some.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BotName(Arc<str>);

impl BotName {
    /// Checks the shape. Fails with the sentence that says what a name is.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        checked_name(text).map(Self)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BotName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Name of a tenant, unique within the process; the same shape as a [`BotName`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantName(Arc<str>);

impl TenantName {
    /// Checks the shape. Fails with the sentence that says what a name is.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        checked_name(text).map(Self)
    }

    /// The tenant `local`, to which all bots belong when no operator's file divides them.
    pub fn local() -> Self {
        Self("local".into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// An absolute path at which something is mounted: `/`, `/cat`, `/acme/cat`.
///
/// Never ends in a slash (but for `/` itself); its segments hold only characters that a URL carries
/// unescaped, so that one comparison of bytes decides. At most [`ROUTE_BYTES_MAX`] bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Route(Box<str>);

impl Route {
    /// Checks the shape; one slash at the end is taken off.
    pub fn parse(text: &str) -> Result<Self, RouteError> {
        let rest = text.strip_prefix('/').ok_or(RouteError::NotAbsolute)?;
        if text.len() > ROUTE_BYTES_MAX {
            return Err(RouteError::TooLong);
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.is_empty() {
            return if text.len() > 1 {
                Err(RouteError::EmptySegment)
            } else {
                Ok(Self::root())
            };
        }
        for segment in rest.split('/') {
            match segment {
                "" => return Err(RouteError::EmptySegment),
                "." | ".." => return Err(RouteError::Dots),
                _ => {}
            }
            if !segment
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
            {
                return Err(RouteError::Character);
            }
        }
        Ok(Self(format!("/{rest}").into()))
    }

    /// The route `/`.
    pub fn root() -> Self {
        Self("/".into())
    }

    /// The route that names a bot: `/` and its name.
    pub fn of(name: &BotName) -> Self {
        Self(format!("/{name}").into())
    }

    /// This route below `prefix`: `/cat` joined to `/acme` is `/acme/cat`.
    ///
    /// Fails with [`RouteError::TooLong`] when the two together are too long.
    pub fn join(&self, prefix: &Self) -> Result<Self, RouteError> {
        if prefix.is_root() {
            return Ok(self.clone());
        }
        if self.is_root() {
            return Ok(prefix.clone());
        }
        let joined = format!("{prefix}{self}");
        if joined.len() > ROUTE_BYTES_MAX {
            Err(RouteError::TooLong)
        } else {
            Ok(Self(joined.into()))
        }
    }

    /// Whether `other` is this route or lies below it, by whole segments: `/a` covers `/a/b`, not `/ab`.
    pub fn covers(&self, other: &Self) -> bool {
        self.is_root()
            || other
                .0
                .strip_prefix(&*self.0)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether this is `/`.
    pub fn is_root(&self) -> bool {
        &*self.0 == "/"
    }

    /// The route as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Route {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        let longest = "a".repeat(64);
        for good in ["a", "7", "cat", "cat-2_b", longest.as_str()] {
            assert_eq!(BotName::parse(good).unwrap().as_str(), good);
            assert_eq!(TenantName::parse(good).unwrap().to_string(), good);
        }
        let too_long = "a".repeat(65);
        for bad in [
            "",
            "-cat",
            "_cat",
            "Cat",
            "c at",
            "cät",
            "a/b",
            "a.b",
            "a\0",
            too_long.as_str(),
        ] {
            assert_eq!(BotName::parse(bad), Err(NameError), "{bad:?}");
            assert_eq!(TenantName::parse(bad), Err(NameError), "{bad:?}");
        }
    }

    #[test]
    fn routes_have_one_form() {
        let longest = format!("/{}", "a".repeat(255));
        for (typed, meant) in [
            ("/", "/"),
            ("/cat", "/cat"),
            ("/cat/", "/cat"),
            ("/a/B.7~_-/c", "/a/B.7~_-/c"),
            (longest.as_str(), longest.as_str()),
        ] {
            assert_eq!(Route::parse(typed).unwrap().as_str(), meant);
        }
        let too_long = format!("/{}", "a".repeat(256));
        for (bad, error) in [
            ("", RouteError::NotAbsolute),
            ("cat", RouteError::NotAbsolute),
            ("//", RouteError::EmptySegment),
            ("//cat", RouteError::EmptySegment),
            ("/cat//", RouteError::EmptySegment),
            ("/a//b", RouteError::EmptySegment),
            ("/.", RouteError::Dots),
            ("/a/../b", RouteError::Dots),
            ("/%63at", RouteError::Character),
            ("/a b", RouteError::Character),
            ("/a?b", RouteError::Character),
            ("/ä", RouteError::Character),
            ("/a\0", RouteError::Character),
            (too_long.as_str(), RouteError::TooLong),
        ] {
            assert_eq!(Route::parse(bad), Err(error), "{bad:?}");
        }
    }

    #[test]
    fn routes_join_below_a_prefix() {
        let route = |text| Route::parse(text).unwrap();
        for (prefix, rest, joined) in [
            ("/", "/cat", "/cat"),
            ("/acme", "/cat", "/acme/cat"),
            ("/acme", "/", "/acme"),
            ("/", "/", "/"),
        ] {
            assert_eq!(route(rest).join(&route(prefix)).unwrap().as_str(), joined);
        }
        let long = route(&format!("/{}", "a".repeat(128)));
        assert_eq!(long.join(&long), Err(RouteError::TooLong));
    }

    #[test]
    fn a_route_covers_whole_segments_only() {
        let covers = |a: &str, b: &str| Route::parse(a).unwrap().covers(&Route::parse(b).unwrap());
        assert!(
            covers("/a", "/a") && covers("/a", "/a/b") && covers("/", "/a") && covers("/", "/")
        );
        assert!(!covers("/a", "/ab") && !covers("/a/b", "/a") && !covers("/a", "/"));
    }
}
