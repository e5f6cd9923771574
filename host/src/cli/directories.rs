//! Where state and compiled code are kept where no flag and no file says so.

use std::path::PathBuf;

use super::failure::Failure;
use ravenry_base::report::Problem;

/// Where compiled code is kept.
///
/// # Errors
/// The user has no home.
pub(super) fn cache_dir() -> Result<PathBuf, Failure> {
    home_dir("XDG_CACHE_HOME", ".cache", "--cache-dir")
}

/// Where state is kept.
///
/// # Errors
/// The user has no home.
pub(super) fn state_dir() -> Result<PathBuf, Failure> {
    home_dir("XDG_STATE_HOME", ".local/state", "--state-dir")
}

/// A directory of the user's own, by the rules of freedesktop.org: relative values do not count.
fn home_dir(variable: &str, below_home: &str, flag: &str) -> Result<PathBuf, Failure> {
    let absolute = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let base = absolute(variable).or_else(|| Some(absolute("HOME")?.join(below_home)));
    base.map(|base| base.join("ravenry")).ok_or_else(|| {
        let message = format!("neither {variable} nor HOME names a directory");
        let hint = Some(format!("choose one with {flag}"));
        Failure::Usage(
            Problem {
                message,
                hint,
                ..Problem::default()
            }
            .into(),
        )
    })
}
