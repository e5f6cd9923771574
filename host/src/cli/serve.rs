//! `ravenry serve`: an operator's file is read, walls go up around the process, bots are served.
//!
//! The order matters. Before the walls stand, whatever the operator's file names is read, keys and secrets
//! included; no thread may have been started by then, for the walls stand around this one and those that
//! come after it. Behind them, components are compiled and everything else is done.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::components::home;
use super::up::{self, Author, WORLD};
use super::{Failure, Serving};
use crate::config;
use crate::config::resolve::ServerSpec;
use crate::report::Problem;
use crate::server;
use crate::walls::{Paths, Wall, Walls};
use crate::worker;

/// The variables that say where certificates are; OpenSSL's own, and heard by what TLS is made of here.
const CERTIFICATES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// `ravenry serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// The operator's file
    #[arg(
        long,
        value_name = "FILE",
        env = "RAVENRY_CONFIG",
        default_value = "operator.toml"
    )]
    pub config: PathBuf,
    /// A wall around the process that is not to be raised; may be given several times
    #[arg(
        long,
        value_name = "WALL",
        env = "RAVENRY_WITHOUT",
        value_delimiter = ',',
        value_enum
    )]
    pub without: Vec<WallName>,
    /// How to serve.
    #[command(flatten)]
    pub serving: Serving,
}

/// A wall, as the flag names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WallName {
    /// Programs that it starts gain no rights; the other two rest on this one
    NoNewPrivs,
    /// It reaches no files but its own and those that it serves
    Landlock,
    /// It makes no calls of the system that a gateway never needs
    Seccomp,
}

impl From<WallName> for Wall {
    fn from(name: WallName) -> Self {
        match name {
            WallName::NoNewPrivs => Self::NoNewPrivs,
            WallName::Landlock => Self::Landlock,
            WallName::Seccomp => Self::Seccomp,
        }
    }
}

impl Serve {
    /// Serves until a signal.
    pub(super) fn run(&self) -> Result<(), Failure> {
        let without = self.without()?;
        let limits = &self.serving.limits;
        let mut spec =
            config::load_operator(&self.config, limits, WORLD).map_err(Failure::Usage)?;
        self.serving.outside.apply(&mut spec);
        let directories = up::directories(&spec, &self.serving)?;
        server::make_directories(&directories).map_err(Failure::Failed)?;
        let mut paths = readable(&spec);
        paths.own = vec![directories.state, directories.cache];
        worker::stay_ahead();
        let walls = Walls::raise(&without, &paths);
        up::serve(spec, &self.serving, &Author::HasBuilt(&walls), None, None)
    }

    fn without(&self) -> Result<Vec<Wall>, Failure> {
        let without: Vec<Wall> = self.without.iter().copied().map(Wall::from).collect();
        let rests = [Wall::Landlock, Wall::Seccomp];
        let stands = rests.into_iter().find(|wall| !without.contains(wall));
        match stands {
            Some(wall) if without.contains(&Wall::NoNewPrivs) => Err(Failure::Usage(
                Problem {
                    message: format!("{wall} cannot stand without {}", Wall::NoNewPrivs),
                    hint: Some("write `--without no-new-privs,landlock,seccomp`".to_owned()),
                    ..Problem::default()
                }
                .into(),
            )),
            _ => Ok(without),
        }
    }
}

/// What is read behind the walls: directories of manifests and components, and whom TLS is to trust. Not the
/// operator's file, which tells of other tenants, and no directory of secrets: both have been read.
fn readable(spec: &ServerSpec) -> Paths {
    let bots = spec.tenants.iter().flat_map(|tenant| &tenant.bots);
    let mut read: Vec<PathBuf> = bots
        .flat_map(|bot| {
            // Where a link leads somewhere else, that is what is read.
            let real = fs::canonicalize(&bot.source).ok();
            let parent = real.and_then(|real| Some(real.parent()?.to_owned()));
            [Some(home(&bot.place).to_owned()), parent]
        })
        .flatten()
        .collect();
    read.sort();
    read.dedup();
    let certificates = CERTIFICATES.iter().filter_map(std::env::var_os);
    read.extend(
        certificates.flat_map(|value: OsString| std::env::split_paths(&value).collect::<Vec<_>>()),
    );
    Paths {
        own: Vec::new(),
        read,
    }
}
