//! How far paths in the files of a tenant may lead: not out of the directory that the operator gave to it.

use std::path::{Component, Path, PathBuf};

use ravenry_base::report::{Place, Problem};

/// What to do about a path that leads out.
const HINT: &str = "keep it in that directory, or below; a link counts as what it leads to";

/// Why a path may not be read: it leads out of `dir`, as it is written or by a link. `what` begins the
/// sentence.
pub(super) fn leaves(dir: &Path, path: &Path, what: &str, place: Option<Place>) -> Option<Problem> {
    let dir = if dir.as_os_str().is_empty() {
        Path::new(".")
    } else {
        dir
    };
    let led = match (dir.canonicalize(), path.canonicalize()) {
        (Ok(dir), Ok(real)) if real.starts_with(&dir) => return None,
        (Ok(_), Ok(real)) => real,
        // A tenant cannot learn whether a path outside its directory exists.
        _ if climbs(dir, path) => path.to_owned(),
        _ => return None,
    };
    Some(Problem {
        message: format!("{what} leads out of the directory `{}`", dir.display()),
        causes: vec![format!(
            "it leads to `{}`, and what lies outside is not for a tenant to name",
            led.display()
        )],
        place,
        hint: Some(HINT.to_owned()),
    })
}

/// Whether a path leaves `dir` by its own words.
fn climbs(dir: &Path, path: &Path) -> bool {
    let below = path.strip_prefix(dir).map(Path::to_path_buf);
    let below = below.unwrap_or_else(|_| PathBuf::from(path));
    let mut depth = 0_usize;
    for part in below.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(_) => depth = depth.saturating_add(1),
            Component::ParentDir => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return true,
            },
            Component::RootDir | Component::Prefix(_) => return true,
        }
    }
    false
}
