//! From files to bots: reads what a tenant has, and puts author and operator together.

mod source;

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use super::{
    World,
    access_keys::{self, PoeEntry},
    discover::{self, Found},
    documents, fence,
    manifest::{self, BotEntry},
    outbound::{self, Hosts},
    refused::Refused,
    resolve::{BotSpec, TENANT_WEIGHT, TenantSpec, collisions},
    rules::Rules,
    secret_source::{SecretContext, Vault},
    source_file::{FILE_BYTES_MAX, TextFile, read, unreadable},
    tenant::{TenantEntry, Totals},
};
use crate::ids::{BotName, Route, TenantName};
use ravenry_base::report::{Place, Problem};

/// A tenant without its bots.
pub(super) struct Frame {
    pub(super) name: TenantName,
    pub(super) hosts: Vec<String>,
    pub(super) prefix: Option<Route>,
    pub(super) totals: Totals,
    pub(super) weight: u32,
    /// Hosts that its bots may name; `None`: all that the server allows.
    pub(super) allowed: Option<Hosts>,
}

/// A bot as declared.
struct Declared {
    entry: BotEntry,
    /// The directory that its paths start from.
    dir: PathBuf,
    /// The directory that it was found in; a tenant's bot is made of nothing outside.
    home: PathBuf,
    /// Whether the file that declares it is right, and what it says of this bot.
    is_sound: bool,
}

/// Reads the bots of one tenant after the other, and keeps what is wrong.
pub(super) struct Loader<'e> {
    rules: Rules,
    world: World<'e>,
    vault: Vault,
    /// Hosts that bots may name; `None`: all.
    allowed: Option<Hosts>,
    /// Bots that no tenant has yet.
    declared: Vec<Declared>,
    /// What is wrong with no tenant's bots in particular, or with those that are being read.
    problems: Vec<Problem>,
    /// What was wrong with bots of the tenant that is being read.
    wrong: Vec<(Option<BotName>, Problem)>,
    /// What was wrong with those of tenants that were read.
    pub(super) refused: Vec<Refused>,
    /// Their bots that something is wrong with.
    pub(super) aside: Vec<BotSpec>,
}

impl<'e> Loader<'e> {
    /// A loader that has read nothing.
    pub(super) fn new(
        rules: Rules,
        vault: Vault,
        allowed: Option<Hosts>,
        world: World<'e>,
    ) -> Self {
        Self {
            rules,
            world,
            vault,
            allowed,
            declared: Vec::new(),
            problems: Vec::new(),
            wrong: Vec::new(),
            refused: Vec::new(),
            aside: Vec::new(),
        }
    }

    /// What was found wrong since the last call is wrong with this bot, or with none in particular.
    fn blame(&mut self, bot: Option<&BotName>) {
        let found = self.problems.drain(..);
        self.wrong
            .extend(found.map(|problem| (bot.cloned(), problem)));
    }

    /// Reads a manifest; `named_at` is where another file names it.
    pub(super) fn manifest(&mut self, path: &Path, named_at: Option<&Place>) {
        let dir = path.parent().unwrap_or(Path::new(""));
        self.manifest_below(dir, path, named_at);
        self.blame(None);
    }

    /// Reads a manifest that was found in the directory `home`, or below it.
    fn manifest_below(&mut self, home: &Path, path: &Path, named_at: Option<&Place>) {
        if let Some(leaves) = self.leaves(home, path, "a manifest", named_at.cloned()) {
            return self.problems.push(leaves);
        }
        if let Some(text) = self.text(path, named_at) {
            self.manifest_text(path, &text);
        }
    }

    /// Reads the text of a manifest as one that is there.
    pub(super) fn written(&mut self, path: &Path, text: &str) {
        self.manifest_text(path, text);
        self.blame(None);
    }

    fn manifest_text(&mut self, path: &Path, text: &str) {
        let mut file = TextFile::new(path, text).of_tenant(self.vault.is_operators());
        let entries = manifest::read(&mut file);
        let is_sound = file.problems.is_empty();
        self.problems.append(&mut file.problems);
        self.blame(None);
        let dir = path.parent().unwrap_or(Path::new(""));
        for mut entry in entries {
            let is_sound = is_sound && entry.wrong.is_empty();
            self.problems.append(&mut entry.wrong);
            self.blame(Some(&entry.name));
            self.declared.push(Declared {
                entry,
                dir: dir.to_owned(),
                home: dir.to_owned(),
                is_sound,
            });
        }
    }

    /// Reads what a directory holds.
    pub(super) fn directory(&mut self, dir: &Path) {
        for found in discover::discover(dir, &mut self.problems) {
            self.found(found, dir);
        }
        self.blame(None);
    }

    /// Takes a file that is a bot: a component, or one in Python.
    pub(super) fn component(&mut self, path: &Path) {
        let found = discover::bot(&path.with_extension(""), path, &mut self.problems);
        if let Some(found) = found {
            self.found(found, path.parent().unwrap_or(Path::new("")));
        }
        self.blame(None);
    }

    fn found(&mut self, found: Found, home: &Path) {
        match found {
            Found::Manifest(path) => self.manifest_below(home, &path, None),
            Found::Bot { name, source } => {
                let place = Place::whole(source.display().to_string());
                let entry = BotEntry {
                    name,
                    place: place.clone(),
                    route: None,
                    source: Some((source, place)),
                    source_refused: false,
                    build: None,
                    poe: PoeEntry::default(),
                    hosts: Vec::new(),
                    config: Vec::new(),
                    secrets: Vec::new(),
                    limits: Vec::new(),
                    store: Vec::new(),
                    documents: Vec::new(),
                    wrong: Vec::new(),
                };
                self.declared.push(Declared {
                    entry,
                    dir: PathBuf::new(),
                    home: home.to_owned(),
                    is_sound: true,
                });
            }
        }
    }

    /// Reads all that a tenant of an operator's file has; `dir` is that file's directory.
    pub(super) fn tenant(&mut self, tenant: TenantEntry, dir: &Path) -> TenantSpec {
        for (manifest, place) in &tenant.manifests {
            let path = dir.join(manifest);
            if path.is_dir() {
                self.directory(&path);
            } else {
                self.manifest(&path, Some(place));
            }
        }
        self.finish(Frame {
            name: tenant.name,
            hosts: tenant.hosts.into_iter().map(|(host, _)| host).collect(),
            prefix: tenant.prefix.map(|(route, _)| route),
            totals: tenant.totals,
            weight: tenant.weight.unwrap_or(TENANT_WEIGHT),
            allowed: tenant.allowed,
        })
    }

    /// Gives all bots that were read since the last call to a tenant. What is wrong with one of them, or
    /// with one of its files, is left out of it.
    pub(super) fn finish(&mut self, frame: Frame) -> TenantSpec {
        let mut unsound = HashSet::new();
        let mut bots = Vec::new();
        for declared in std::mem::take(&mut self.declared) {
            let name = declared.entry.name.clone();
            if !declared.is_sound {
                unsound.insert(name.clone());
            }
            bots.extend(self.bot(declared, &frame));
            self.blame(Some(&name));
        }
        let Frame {
            name,
            hosts,
            prefix,
            totals,
            weight,
            allowed: _,
        } = frame;
        let mut tenant = TenantSpec {
            name,
            hosts,
            prefix,
            running: totals.running,
            queue: totals.queue,
            memory: totals.memory,
            store: totals.store,
            store_keys: totals.store_keys,
            weight,
            bots,
        };
        for (bot, problem) in collisions(&tenant) {
            self.wrong.push((Some(bot), problem));
        }
        unsound.extend(self.wrong.iter().filter_map(|(bot, _)| bot.clone()));
        let is_unsound = |bot: &mut BotSpec| unsound.contains(&bot.name);
        self.aside.extend(tenant.bots.extract_if(.., is_unsound));
        let wrong = self.wrong.drain(..);
        self.refused.extend(wrong.map(|(bot, problem)| Refused {
            tenant: tenant.name.clone(),
            bot,
            problem,
        }));
        tenant
    }

    fn bot(&mut self, declared: Declared, frame: &Frame) -> Option<BotSpec> {
        let Declared {
            mut entry,
            dir,
            home,
            is_sound: _,
        } = declared;
        let places = SecretContext {
            dir: &dir,
            env: self.world.variable,
            stand_in: self.world.stand_in,
            vault: &self.vault,
            tenant: &frame.name,
        };
        let keys = entry.poe.keys.iter();
        let access_keys: Vec<_> = keys
            .map(|key| access_keys::resolve(key, &entry.name, &places))
            .filter_map(|key| key.map_err(|problem| self.problems.push(problem)).ok())
            .collect();
        let secrets = std::mem::take(&mut entry.secrets)
            .into_iter()
            .map(|secret| outbound::resolve(secret, &entry.name, &places))
            .filter_map(|secret| secret.map_err(|problem| self.problems.push(problem)).ok())
            .flatten()
            .collect();
        self.problems.extend(self.above(&entry, frame));
        let memory = frame.totals.memory;
        let (limits, problems) = self.rules.effective(&entry.name, &entry.limits, memory);
        self.problems.extend(problems);
        let (store_ttl, problems) = self.rules.store_ttl(&entry.name, &entry.store);
        self.problems.extend(problems);
        let source = self.source(&entry, &dir, &home);
        let fence = self.vault.is_operators().then_some(home.as_path());
        let documents = documents::files(
            (&entry.name, std::mem::take(&mut entry.documents)),
            &dir,
            fence,
            &mut self.problems,
        );
        let route = self.route(&mut entry, frame);
        Some(BotSpec {
            tenant: frame.name.clone(),
            name: entry.name,
            route: route?,
            source,
            build: entry.build,
            poe_name: entry.poe.name,
            platform_key: access_keys.first().cloned(),
            access_keys,
            config: entry.config,
            sync: entry.poe.sync,
            outbound_hosts: entry.hosts.into_iter().map(|host| host.pattern).collect(),
            secrets,
            limits,
            store_ttl,
            documents,
            place: entry.place,
        })
    }

    /// The whole path at which a bot answers.
    fn route(&mut self, entry: &mut BotEntry, frame: &Frame) -> Option<Route> {
        let route = entry.route.take().unwrap_or_else(|| Route::of(&entry.name));
        let route = frame
            .prefix
            .as_ref()
            .map_or_else(|| Ok(route.clone()), |prefix| route.join(prefix));
        let route = route.map_err(|error| {
            let message = format!(
                "bot `{}` cannot be mounted below `path_prefix` of tenant `{}`",
                entry.name, frame.name
            );
            self.problems.push(Problem {
                message,
                causes: vec![error.to_string()],
                place: Some(entry.place.clone()),
                hint: Some("give the bot a shorter `route`".to_owned()),
            });
        });
        route.ok()
    }

    /// Hosts that a bot names although the server, or its tenant, may not reach them.
    fn above(&self, entry: &BotEntry, frame: &Frame) -> Vec<Problem> {
        let server = self.allowed.iter().map(|list| (list, "egress".to_owned()));
        let tenant = frame.allowed.iter();
        let tenant = tenant.map(|list| (list, format!("tenant.{}", frame.name)));
        outbound::above(&entry.hosts, server.chain(tenant), &entry.name)
    }

    /// What keeps a tenant's path from being read; an author's own lead wherever they like.
    fn leaves(
        &self,
        home: &Path,
        path: &Path,
        what: &str,
        place: Option<Place>,
    ) -> Option<Problem> {
        let is_fenced = self.vault.is_operators();
        is_fenced.then(|| fence::leaves(home, path, what, place))?
    }

    /// The text of a file.
    fn text(&mut self, path: &Path, named_at: Option<&Place>) -> Option<String> {
        let problem = |error| unreadable(path, &error, named_at);
        read(path, FILE_BYTES_MAX)
            .map_err(|error| self.problems.push(problem(error)))
            .ok()
    }
}
