//! When something expires, as people and programs read it.

use std::{
    fmt::Write as _,
    time::{SystemTime, UNIX_EPOCH},
};

/// A moment by RFC 3339. `None`: never, or after the year 9999.
pub(in crate::cli) fn moment(expires: Option<SystemTime>) -> Option<String> {
    let expires = expires.filter(|expires| *expires >= UNIX_EPOCH)?;
    let mut text = String::new();
    write!(text, "{}", humantime::format_rfc3339_seconds(expires)).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_never_ends_has_no_date() {
        let late = UNIX_EPOCH.checked_add(Duration::from_millis(i64::MAX as u64 - 1));
        assert_eq!(moment(late), None);
    }
}
