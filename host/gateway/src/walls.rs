//! Walls around the whole process, for the day on which the walls around a component do not hold.
//!
//! A guest that gets out of the sandbox has the rights of this process. Three walls, which the kernel holds,
//! leave it what a gateway needs and nothing else: it never gains rights by starting a program
//! (`no_new_privs`), it reaches no files but its own (`files`), and it makes no calls that it never needs
//! (`calls`). The processes that it starts inherit all of them.
//!
//! They stand around the thread that raises them and around all that it starts later. So they are raised
//! when the files that people write are read, and before the first thread is started. What a kernel or a
//! container does not offer is told and left out: a gateway with two walls is better than none. None of them
//! can be taken down again.

mod calls;
mod files;

use std::{fmt, fs, path::PathBuf};

/// A wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wall {
    /// Starting a program never gives more rights than there are. The others rest on it.
    NoNewPrivs,
    /// Files, and signals to others.
    Landlock,
    /// Calls of the system.
    Seccomp,
}

/// As the flag names them.
impl fmt::Display for Wall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NoNewPrivs => "no-new-privs",
            Self::Landlock => "landlock",
            Self::Seccomp => "seccomp",
        })
    }
}

/// What the process keeps on disk, and what it reads there besides what every program reads.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    /// Directories of its own. They are there.
    pub own: Vec<PathBuf>,
    /// Directories and files that it reads. Those that are not there are left out.
    pub read: Vec<PathBuf>,
}

/// What became of a wall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It stands.
    Whole,
    /// As much of it stands as this kernel knows.
    Partly,
    /// The operator has switched it off.
    SwitchedOff,
    /// It cannot be raised here; why.
    Missing(String),
}

/// The walls, and what became of each.
#[derive(Clone, Debug)]
pub struct Walls(Vec<(Wall, Standing)>);

impl Walls {
    /// Raises all but those in `without`, around this thread and all that it starts from now on.
    pub fn raise(without: &[Wall], paths: &Paths) -> Self {
        let raise = |wall: Wall| {
            let raised = match wall {
                _ if without.contains(&wall) => Ok(Standing::SwitchedOff),
                Wall::NoNewPrivs => no_new_privs(),
                Wall::Landlock => alone().and_then(|()| files::raise(paths)),
                Wall::Seccomp => calls::raise(),
            };
            (wall, raised.unwrap_or_else(Standing::Missing))
        };
        Self(
            [Wall::NoNewPrivs, Wall::Landlock, Wall::Seccomp]
                .map(raise)
                .into(),
        )
    }

    /// Whether this one stands.
    pub fn have(&self, wall: Wall) -> bool {
        let stands = |standing: &Standing| matches!(standing, Standing::Whole | Standing::Partly);
        let mut all = self.0.iter();
        all.any(|(found, standing)| *found == wall && stands(standing))
    }

    /// Tells the log of each.
    pub fn tell(&self) {
        for (wall, standing) in &self.0 {
            match standing {
                Standing::Whole => tracing::info!(%wall, "wall raised"),
                Standing::Partly => {
                    tracing::info!(%wall, "wall raised, as far as this kernel knows it");
                }
                Standing::SwitchedOff => tracing::info!(%wall, "wall switched off"),
                Standing::Missing(error) => tracing::warn!(
                    %wall, error,
                    hint = "everything is served as usual; `--without` with its name says that this is meant",
                    "wall missing"
                ),
            }
        }
    }
}

/// In a line for the person who starts the server.
impl fmt::Display for Walls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (wall, standing)) in self.0.iter().enumerate() {
            formatter.write_str(if index == 0 {
                "Walls around the process: "
            } else {
                ", "
            })?;
            match standing {
                Standing::Whole => write!(formatter, "{wall}"),
                Standing::Partly => write!(formatter, "{wall} (in part: an old kernel)"),
                Standing::SwitchedOff => write!(formatter, "{wall} switched off"),
                Standing::Missing(error) => write!(formatter, "no {wall} ({error})"),
            }?;
        }
        formatter.write_str(".")
    }
}

/// Whether there is no thread besides this one: around another, Landlock would not stand.
fn alone() -> Result<(), String> {
    let threads = fs::read_dir("/proc/self/task").map_err(|error| error.to_string())?;
    if threads.count() > 1 {
        return Err("threads run already around which it would not stand".to_owned());
    }
    Ok(())
}

fn no_new_privs() -> Result<Standing, String> {
    rustix::thread::set_no_new_privs(true)
        .map(|()| Standing::Whole)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// Around the threads of these tests it would not stand, and it does not claim to.
    #[test]
    fn threads_that_run_already_keep_landlock_away() {
        assert!(alone().unwrap_err().contains("threads run already"));
    }

    /// As in a container that refuses the calls by which walls are raised.
    #[test]
    fn what_is_not_offered_is_told() {
        let calls = [libc::SYS_landlock_create_ruleset, libc::SYS_seccomp];
        let refused = calls.map(|call| (call, Vec::new())).into();
        let program = calls::program(refused, libc::EPERM).unwrap();
        let raise = || {
            seccompiler::apply_filter(&program).unwrap();
            (files::raise(&Paths::default()), calls::raise())
        };
        let (files, calls) = thread::scope(|scope| scope.spawn(raise).join().unwrap());
        assert_eq!(files.unwrap_err(), "neither kernel nor container offers it");
        assert_eq!(
            calls.unwrap_err(),
            "Error calling `seccomp`: Operation not permitted (os error 1)"
        );
    }

    #[test]
    fn it_is_said_what_became_of_each() {
        let walls = Walls(vec![
            (Wall::NoNewPrivs, Standing::Whole),
            (
                Wall::Landlock,
                Standing::Missing("no such kernel".to_owned()),
            ),
            (Wall::Seccomp, Standing::SwitchedOff),
        ]);
        assert_eq!(
            walls.to_string(),
            "Walls around the process: no-new-privs, no landlock (no such kernel), seccomp switched off."
        );
    }
}
