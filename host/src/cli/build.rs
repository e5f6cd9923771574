//! Builds bots: a crate directory, or a file in Python, becomes a component.
//!
//! In go directories and files; out come paths of .wasm files, or for each bot the reason why there is none.
//! Crates of one workspace are built by one call of cargo. The target is installed when it is
//! missing. Artifacts go to a target directory of their own, so that a build never waits for the
//! lock of the `cargo run` that started the gateway. Nothing is mounted or checked here.

use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

pub(crate) use super::build_error::BuildError;
pub(crate) use super::job::Job;
pub(crate) use super::process::Caller;
pub(crate) use super::process::Interrupt;
use super::{
    artifact::{Found, newest_component},
    cargo::{self, Metadata, Package},
    python,
};
use ravenry_config::is_python;

/// Builds many bots; one result for each job, in their order. One that fails does not stop others.
///
/// What bots in Python share is kept in `cache`, with the compiled code of all bots.
pub(crate) fn build_all(
    jobs: &[Job<'_>],
    cache: &Path,
    caller: &Caller<'_>,
) -> Vec<Result<PathBuf, BuildError>> {
    let mut workspaces = Workspaces::default();
    let planned: Vec<_> = jobs
        .iter()
        .map(|job| workspaces.plan(job, caller))
        .collect();
    let built = workspaces.build(caller);
    jobs.iter()
        .zip(planned)
        .map(|(job, plan)| match plan? {
            Plan::Crate { manifest } => match built.get(&manifest) {
                Some(result) => result.clone(),
                None => Err(BuildError::NoArtifact {
                    directory: job.source.to_owned(),
                }),
            },
            Plan::Command { command } => build_by_command(job, command, caller),
            Plan::Python => {
                let _alone = alone(job.home, caller);
                python::build(job, cache, caller)
            }
        })
        .collect()
}

/// How a job is going to be done.
enum Plan<'a> {
    /// By cargo, as part of its workspace.
    Crate {
        /// Its Cargo.toml, as cargo writes the path.
        manifest: PathBuf,
    },
    /// By the interpreter of Python.
    Python,
    /// By a command of the author's own.
    Command {
        /// For `sh`.
        command: &'a str,
    },
}

/// The workspaces that jobs belong to, and which of their packages are wanted.
#[derive(Default)]
struct Workspaces {
    known: Vec<Metadata>,
    /// By workspace root: where its target directory is, and the wanted packages (id, manifest).
    wanted: BTreeMap<PathBuf, (PathBuf, BTreeMap<String, PathBuf>)>,
}

impl Workspaces {
    fn plan<'a>(&mut self, job: &Job<'a>, caller: &Caller<'_>) -> Result<Plan<'a>, BuildError> {
        if let Some(command) = job.command {
            return Ok(Plan::Command { command });
        }
        if is_python(job.source) {
            return Ok(Plan::Python);
        }
        let directory = canonical(job.source)?;
        let manifest = directory.join("Cargo.toml");
        if !manifest.is_file() {
            return Err(BuildError::NoCrate {
                path: job.source.to_owned(),
            });
        }
        if self.package(&manifest).is_none() {
            self.known.push(cargo::metadata(&manifest, caller)?);
        }
        let Some((workspace, package)) = self.package(&manifest) else {
            return Err(BuildError::NoCrate {
                path: job.source.to_owned(),
            });
        };
        if !package
            .targets
            .iter()
            .any(|target| target.crate_types.iter().any(|t| t == "cdylib"))
        {
            return Err(BuildError::NotACdylib {
                name: package.name.clone(),
            });
        }
        let (root, target) = (&workspace.workspace_root, &workspace.target_directory);
        let (root, target, id) = (root.clone(), target.clone(), package.id.clone());
        let (_, packages) = self.wanted.entry(root).or_insert((target, BTreeMap::new()));
        packages.insert(id, manifest.clone());
        Ok(Plan::Crate { manifest })
    }

    fn package(&self, manifest: &Path) -> Option<(&Metadata, &Package)> {
        let mut known = self.known.iter();
        known.find_map(|workspace| Some((workspace, workspace.package(manifest)?)))
    }

    /// Builds all that is wanted; the result by manifest.
    fn build(&self, caller: &Caller<'_>) -> HashMap<PathBuf, Result<PathBuf, BuildError>> {
        let mut results = HashMap::new();
        for (root, (target, packages)) in &self.wanted {
            let mut built = HashMap::new();
            let outcome = cargo::ensure_target(root, caller)
                .and_then(|()| cargo::build(root, target, packages, &mut built, caller));
            for manifest in packages.values() {
                // What was built counts, even where a neighbour failed.
                let result = match (built.remove(manifest), &outcome) {
                    (Some(path), _) => Ok(path),
                    (None, Err(error)) => Err(error.clone()),
                    (None, Ok(())) => Err(BuildError::NoArtifact {
                        directory: target.clone(),
                    }),
                };
                results.insert(manifest.clone(), result);
            }
        }
        results
    }
}

/// Runs an author's own command, and looks for what it made.
fn build_by_command(job: &Job<'_>, text: &str, caller: &Caller<'_>) -> Result<PathBuf, BuildError> {
    if cargo::has_wasm_extension(job.source) {
        // The author says where the component will be: nothing is moved elsewhere.
        let home = canonical(job.home)?;
        let _alone = alone(&home, caller);
        cargo::shell(&home, text, None, caller)?;
        let missing = || BuildError::NoArtifact {
            directory: home.clone(),
        };
        return job
            .source
            .is_file()
            .then(|| job.source.to_owned())
            .ok_or_else(missing);
    }
    let source = canonical(job.source)?;
    let _alone = alone(&source, caller);
    // A cargo called by the command must not wait for the lock of the cargo that started us.
    let target = match cargo::metadata(&source.join("Cargo.toml"), caller) {
        Ok(metadata) => metadata.target_directory,
        Err(_) => source.join("target"),
    };
    let name = source.file_name().unwrap_or_default();
    let target = target
        .join(cargo::TARGET_SUBDIRECTORY)
        .join("by-command")
        .join(name);
    cargo::shell(&source, text, Some(&target), caller)?;
    match newest_component(&[&source, &target]) {
        Found::One(path) => Ok(path),
        Found::None => Err(BuildError::NoArtifact { directory: source }),
        Found::Several(paths) => Err(BuildError::Ambiguous { paths }),
    }
}

/// How often a build that waits for another one looks whether that is done.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Keeps this directory for one build at a time, as long as what it returns is kept: a command of an
/// author's own does not expect to run twice at once, as where two gateways look after one bot. Where
/// the file system has no locks, there is none.
fn alone(directory: &Path, caller: &Caller<'_>) -> Option<File> {
    let lock = File::open(directory).ok()?;
    let mut is_told = false;
    loop {
        match lock.try_lock() {
            Ok(()) => return Some(lock),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(_)) => return None,
        }
        if !std::mem::replace(&mut is_told, true) {
            let words = "waiting for another build in";
            caller.say(&format!("{words} {}", directory.display()));
        }
        if caller.interrupt.is_some_and(Interrupt::is_over) {
            return None;
        }
        thread::park_timeout(LOOK_EVERY);
    }
}

/// One spelling of a path, so that no file is found twice.
fn canonical(directory: &Path) -> Result<PathBuf, BuildError> {
    fs::canonicalize(directory).map_err(|error| BuildError::Directory {
        path: directory.to_owned(),
        why: error.to_string(),
    })
}

#[cfg(test)]
mod tests;
