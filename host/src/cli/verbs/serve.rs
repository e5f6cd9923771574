//! `ravenry serve`: an operator's file is read, walls go up around the process, bots are served.
//!
//! The order matters. Before the walls stand, whatever the operator's file names is read, keys and secrets
//! included; no thread may have been started by then, for the walls stand around this one and those that
//! come after it. Behind them, components are compiled and everything else is done.

mod again;

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};

use crate::cli::{
    components::{home, only_components},
    directories,
    failure::Failure,
    knowledge_model,
    load::WORLD,
    run::Run,
    serving::{self, Author},
    serving_flags::ServingFlags,
    signals::Hangups,
};
use ravenry_base::{
    output,
    report::{Problem, Problems},
    worker,
};
use ravenry_config::{
    self as config, embeddings::EmbeddingsSpec, ids::TenantName, resolve::ServerSpec,
};
use ravenry_gateway::{
    bots::mount,
    server,
    walls::{Paths, Wall, Walls},
};

/// The variables that say where certificates are; OpenSSL's own, and heard by what TLS is made of here.
const CERTIFICATES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Below it in the directories of state and of compiled code, each tenant that is served alone has its own.
const TENANTS: &str = "tenants";

/// What stands at the end of its help.
const EXAMPLES: &str = "\
Examples:
  ravenry serve --config operator.toml --check
  ravenry serve --config operator.toml --listen 0.0.0.0:8080";

/// `ravenry serve`
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Serve {
    /// The operator's file
    #[arg(
        long,
        value_name = "FILE",
        env = "RAVENRY_CONFIG",
        default_value = "operator.toml"
    )]
    pub config: PathBuf,
    /// Serve one tenant of the file and leave the others to processes of their own
    ///
    /// Nothing of the others is read. What this process may take of the machine is what its control
    /// group has. State and compiled code are kept in `tenants/TENANT` below the directories of the file,
    /// or exactly where the flags say.
    #[arg(long, value_name = "TENANT", env = "RAVENRY_ONLY", value_parser = tenant)]
    pub only: Option<TenantName>,
    /// Leave out this wall around the process; may be given several times
    #[arg(
        long,
        value_name = "WALL",
        env = "RAVENRY_WITHOUT",
        value_delimiter = ',',
        value_enum
    )]
    pub without: Vec<WallName>,
    /// Report what is wrong with the files and components of all tenants, as far as it shows without
    /// compiling, and serve nothing
    #[arg(long)]
    pub check: bool,
    /// How to serve.
    #[command(flatten)]
    pub serving: ServingFlags,
}

/// A wall, as the flag names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WallName {
    /// Programs that it starts gain no rights; the other two need this one
    NoNewPrivs,
    /// It reaches no files but its own and those that it serves
    Landlock,
    /// It makes no system calls that a gateway never needs
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

fn tenant(text: &str) -> Result<TenantName, String> {
    TenantName::parse(text).map_err(|error| error.to_string())
}

impl Run for Serve {
    fn run(&self) -> Result<(), Failure> {
        let without = self.without()?;
        // Reading and counting take seconds where there are many bots, and a reload is asked for by a signal
        // that would end the process. One that asks for a stop may do so: nothing has begun.
        let hangups = (!self.check).then(Hangups::listen_early).transpose();
        let hangups = hangups.map_err(|error| serving::unheard(&error))?;
        let mut spec = self.load()?;
        only_components(&mut spec);
        self.serving.apply(&mut spec);
        let model = knowledge_model::problem(spec.embeddings.as_ref());
        let Some(hangups) = hangups.filter(|_| !spec.is_void()) else {
            return told(&spec, model);
        };
        if let Some(problem) = model {
            return Err(Failure::Usage(problem.into()));
        }
        let directories = self.serving.directories(&spec)?;
        server::make_directories(&directories).map_err(Failure::Failed)?;
        let paths = Paths {
            own: vec![directories.state, directories.cache],
            read: self.readable(&spec),
        };
        worker::stay_ahead();
        let walls = Walls::raise(&without, &paths);
        let again = (hangups, again::reload(self, &spec, &walls));
        let author = Author::HasBuilt(&walls, again);
        serving::serve(spec, &self.serving, author, None, None)
    }
}

impl Serve {
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

    fn load(&self) -> Result<ServerSpec, Failure> {
        let limits = &self.serving.limits;
        let Some(only) = &self.only else {
            return config::load_operator(&self.config, limits, WORLD).map_err(Failure::Usage);
        };
        let mut spec =
            config::load_tenant(&self.config, only, limits, WORLD).map_err(Failure::Usage)?;
        // Compiled code is run as it is found: a tenant that could write into this directory could run its own
        // code in this process.
        let below = |dir: PathBuf| dir.join(TENANTS).join(only.as_str());
        if self.serving.state_dir.is_none() {
            spec.state_dir = Some(below(
                spec.state_dir.map_or_else(directories::state_dir, Ok)?,
            ));
        }
        if self.serving.cache_dir.is_none() {
            spec.cache_dir = Some(below(
                spec.cache_dir.map_or_else(directories::cache_dir, Ok)?,
            ));
        }
        Ok(spec)
    }

    /// What is read behind the walls: what is served, the files that say so, and the certificates that TLS trusts.
    fn readable(&self, spec: &ServerSpec) -> Vec<PathBuf> {
        let certificates = CERTIFICATES.iter().filter_map(std::env::var_os);
        let split = |value: OsString| std::env::split_paths(&value).collect::<Vec<_>>();
        let mut read = served(spec);
        read.extend(certificates.flat_map(split));
        read.extend(spec.read.iter().cloned());
        read.extend(model(spec));
        read.extend(self.operators());
        read
    }

    /// The operator's file: its directory, because an editor may put another file in its place. A process that
    /// serves one tenant alone reads the file that was there at its start, and nothing beside it, where the
    /// files of other tenants lie.
    fn operators(&self) -> Vec<PathBuf> {
        if self.only.is_some() {
            return vec![self.config.clone()];
        }
        let real = fs::canonicalize(&self.config).ok();
        let files = [Some(self.config.clone()), real];
        let parent = |file: PathBuf| match file.parent() {
            Some(parent) if parent.as_os_str().is_empty() => Some(PathBuf::from(".")),
            parent => parent.map(Path::to_owned),
        };
        files.into_iter().flatten().filter_map(parent).collect()
    }
}

/// Says what is wrong with the files, or how much is served; and that what only compiling tells is not said.
fn told(spec: &ServerSpec, model: Option<Problem>) -> Result<(), Failure> {
    let refused = spec.refused.iter().map(|refused| refused.problem.clone());
    let bots = spec.tenants.iter().flat_map(|tenant| &tenant.bots);
    let unfit = bots.filter_map(|bot| mount::unfit_here(bot, spec.engines));
    let problems = Problems(model.into_iter().chain(refused).chain(unfit).collect());
    problems.or(()).map_err(Failure::Usage)?;
    let bots: usize = spec.tenants.iter().map(|tenant| tenant.bots.len()).sum();
    let tenants = spec.tenants.len();
    output::print(&format!(
        "Nothing is wrong that can be told without compiling. Bots: {bots}, tenants: {tenants}\n"
    ));
    Ok(())
}

/// The directory of a model, and where links in it lead to: what downloads models keeps their files by digests elsewhere.
fn model(spec: &ServerSpec) -> Vec<PathBuf> {
    let Some(EmbeddingsSpec::Directory(directory)) = &spec.embeddings else {
        return Vec::new();
    };
    let pooling = directory.join("1_Pooling");
    let entries = [directory, &pooling].map(fs::read_dir);
    let entries = entries.into_iter().flatten().flatten().flatten();
    let links = entries.filter(|entry| entry.path().is_symlink());
    let real = links.filter_map(|entry| fs::canonicalize(entry.path()).ok());
    [directory.clone()].into_iter().chain(real).collect()
}

/// The directories of manifests and components.
fn served(spec: &ServerSpec) -> Vec<PathBuf> {
    let bots = spec.tenants.iter().flat_map(|tenant| &tenant.bots);
    let mut directories: Vec<PathBuf> = bots
        .flat_map(|bot| {
            // Where a link leads somewhere else, that is what is read.
            let real = fs::canonicalize(&bot.source).ok();
            let parent = real.and_then(|real| Some(real.parent()?.to_owned()));
            [Some(home(&bot.place).to_owned()), parent]
        })
        .flatten()
        .collect();
    directories.sort();
    directories.dedup();
    directories
}

#[cfg(test)]
mod tests {
    use super::*;
    use ravenry_config::World;

    /// What lies beside a tenant's own files, such as other tenants' or its secrets, is not among them.
    #[test]
    fn one_tenant_reads_its_own_directories() {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let tenant = |name: &str| {
            write(
                &format!("{name}/m.toml"),
                "manifest_version = 1\n[bot.cat]\nsource = \"built/cat.wasm\"\n",
            );
            write(&format!("secrets/{name}/api"), "value");
            format!("[tenant.{name}]\npath_prefix = \"/{name}\"\nmanifests = [\"{name}/m.toml\"]\n")
        };
        let tenants = tenant("acme") + &tenant("globex");
        write(
            "o.toml",
            &format!("{tenants}[secrets]\ndir = \"secrets\"\n"),
        );
        write("acme/releases/cat.wasm", "");
        fs::create_dir(root.join("acme/built")).unwrap();
        std::os::unix::fs::symlink("../releases/cat.wasm", root.join("acme/built/cat.wasm"))
            .unwrap();
        let world = World {
            variable: &|_| None,
            unfit: &|_| None,
            stand_in: None,
        };
        let acme = TenantName::parse("acme").unwrap();
        let spec = config::load_tenant(&root.join("o.toml"), &acme, &[], world).unwrap();
        assert_eq!(
            served(&spec),
            [root.join("acme"), root.join("acme/releases")]
        );
        assert_eq!(spec.read, [root.join("acme"), root.join("secrets/acme")]);
    }
}
