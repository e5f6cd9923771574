//! Environment variables, as all verbs read them.

/// The value of an environment variable. An empty one counts as not set; so does one that is not UTF-8, which
/// can be no key and no setting.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
