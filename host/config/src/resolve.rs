//! Author and operator together: what the files mean, with every default applied.
//!
//! After this no code meets an invalid or a missing setting. `rules` narrows, and nothing else does.

use std::{collections::HashMap, net::SocketAddr, path::PathBuf, time::Duration};

use http::HeaderName;

use super::{
    documents::DocumentFiles, embeddings::EmbeddingsSpec, engines::Engines, limits::Limits,
    platform::PoeUrls, refused::Refused, store::StoreTtl,
};
use crate::ids::{BotName, Route, TenantName};
use ravenry_base::{
    hosts::{HostPattern, PrivateHost},
    report::{Place, Problem, Problems},
    secret::Secret,
};

/// Access keys that one bot may have: the one in use, and others while keys are changed.
///
/// Every request is compared with all of them.
pub const KEYS_MAX: usize = 8;

/// Paths that the gateway answers itself.
pub const RESERVED: [&str; 2] = ["/healthz", "/readyz"];

/// How long replies may go on after a stop was asked for, by default.
///
/// 30 s: most replies are shorter, and it is what process managers wait before they kill.
pub const DRAIN: Duration = Duration::from_secs(30);

/// Replies of a tenant at once, where the operator says nothing: four bots at their default.
pub const TENANT_RUNNING: u32 = 2048;

/// Queries of a tenant that wait for a place, where the operator says nothing: four bots at their default.
pub const TENANT_QUEUE: u32 = 1024;

/// Bytes of all instances of a tenant together, where the operator says nothing: four bots at their default.
pub const TENANT_MEMORY: u64 = 4 << 30;

/// Bytes of all keys and values that the bots of a tenant keep, where the operator says nothing: four bots at
/// their default.
pub const TENANT_STORE: u64 = 256 << 20;

/// Keys that all bots of a tenant keep, where the operator says nothing: ten bots at their default.
///
/// With as many, the bytes allow 268 for a key and its value.
pub const TENANT_STORE_KEYS: u32 = 1_000_000;

/// Weight of a tenant whose operator says nothing: all have the same.
pub const TENANT_WEIGHT: u32 = 1;

/// Heaviest weight of a tenant. A hundred times the least is as good as first in everything.
pub const TENANT_WEIGHT_MAX: u32 = 100;

/// Step of the clocks that guests read, where bots of several tenants are served and the operator says
/// nothing.
///
/// A millisecond: ten times coarser than browsers are with pages that they do not trust, too coarse to
/// time what a neighbour does in a cache; and finer than anything that a reader of a chat notices.
pub const GUEST_CLOCK: Duration = Duration::from_millis(1);

/// Step of the clocks that guests read, where an author runs his own bots: exact.
pub const GUEST_CLOCK_EXACT: Duration = Duration::from_nanos(1);

/// Coarsest step that an operator may choose: with more, the pauses of a bot lose their meaning.
pub const GUEST_CLOCK_MAX: Duration = Duration::from_secs(1);

/// Everything that the process serves, and how.
#[derive(Clone, Debug)]
pub struct ServerSpec {
    /// Address for bots, `host:port`; `None`: the file says nothing, the flag's default holds.
    pub listen: Option<String>,
    /// Address for metrics, `host:port`.
    pub metrics_listen: Option<String>,
    /// Directory for what must outlive the process; absolute or relative to the working directory.
    pub state_dir: Option<PathBuf>,
    /// URL of the PostgreSQL database in which bots keep things; `None`: SQLite in the state directory.
    pub database: Option<Secret>,
    /// What makes vectors of texts; `None`: what bots know is found by words alone.
    pub embeddings: Option<EmbeddingsSpec>,
    /// Directory for what can be made again.
    pub cache_dir: Option<PathBuf>,
    /// Most connections at once; `None`: what the machine carries.
    pub connections: Option<u32>,
    /// How long running replies may go on after a stop was asked for.
    pub drain: Duration,
    /// Step of the clocks that guests read, [`GUEST_CLOCK_EXACT`] to [`GUEST_CLOCK_MAX`].
    pub guest_clock: Duration,
    /// Engines that components may run on.
    pub engines: Engines,
    /// The most that any bot can have of each limit.
    ///
    /// With an operator's file: what it allows. Without: the highest value that any bot has.
    pub ceilings: Limits,
    /// Where the platform is.
    pub poe: PoeUrls,
    /// Hosts with private addresses that bots may reach where they may reach them at all.
    pub private_hosts: Vec<PrivateHost>,
    /// Who is asked for addresses of names; with none, the name servers of the system.
    pub name_servers: Vec<SocketAddr>,
    /// Where manifests and secrets were, besides the operator's file. With one tenant, none of others.
    pub read: Vec<PathBuf>,
    /// Who owns bots. At least one.
    pub tenants: Vec<TenantSpec>,
    /// What of the tenants is not among their bots, and why.
    pub refused: Vec<Refused>,
    /// The bots among it, as far as is known what they are to be.
    pub aside: Vec<BotSpec>,
}

impl ServerSpec {
    /// For callers that want all or nothing.
    ///
    /// # Errors
    /// All that is refused.
    pub fn whole(self) -> Result<Self, Problems> {
        let refused = self.refused.iter().map(|refused| refused.problem.clone());
        Problems(refused.collect()).or(self)
    }

    /// Whether what is wrong with bots has left none.
    pub fn is_void(&self) -> bool {
        !self.refused.is_empty() && self.tenants.iter().all(|tenant| tenant.bots.is_empty())
    }

    /// Whether it is not known what a bot of this name is to be: it, or a file of its tenant, is refused.
    pub fn is_unread(&self, tenant: &TenantName, bot: &BotName) -> bool {
        let mut refused = self.refused.iter().filter(|it| it.tenant == *tenant);
        refused.any(|it| it.bot.as_ref().is_none_or(|name| name == bot))
    }

    /// Whether just this bot is refused, by its name.
    pub fn refuses(&self, tenant: &TenantName, bot: &BotName) -> bool {
        let mut refused = self.refused.iter().filter(|it| it.tenant == *tenant);
        refused.any(|it| it.bot.as_ref() == Some(bot))
    }
}

/// A tenant: who owns bots and shares a budget.
#[derive(Clone, Debug)]
pub struct TenantSpec {
    /// Its name, unique in the process.
    pub name: TenantName,
    /// Host names, in small letters and without a port, that belong to this tenant alone.
    /// Empty: its bots answer on every host name that no tenant claims.
    pub hosts: Vec<String>,
    /// Where its bots are mounted; already part of their routes.
    pub prefix: Option<Route>,
    /// Replies of all its bots at once.
    pub running: u32,
    /// Queries to all its bots that wait for a place.
    pub queue: u32,
    /// Bytes of all instances of all its bots.
    pub memory: u64,
    /// Bytes of all keys and values that all its bots keep.
    pub store: u64,
    /// Keys that all its bots keep.
    pub store_keys: u32,
    /// Its share of computing time beside others, 1 to [`TENANT_WEIGHT_MAX`].
    pub weight: u32,
    /// Its bots, in the order of the files.
    pub bots: Vec<BotSpec>,
}

/// A bot, ready to be built and mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotSpec {
    /// Whose it is.
    pub tenant: TenantName,
    /// Its name, unique within the tenant.
    pub name: BotName,
    /// The whole path at which it answers, with the tenant's prefix.
    pub route: Route,
    /// A `.wasm` file, or a directory or a file in Python to build; absolute or relative to the working directory.
    pub source: PathBuf,
    /// How to build it, when the author says so.
    pub build: Option<Build>,
    /// The bot's name at Poe.
    pub poe_name: Option<String>,
    /// Access keys that open it, at most [`KEYS_MAX`]. Empty: it is open to all.
    pub access_keys: Vec<Secret>,
    /// The key that it shows to the platform: the first of its access keys, where nothing plays the
    /// platform. Empty: it can ask nothing of it.
    pub platform_key: Option<Secret>,
    /// Configuration that the bot sees as its environment, sorted by name.
    pub config: Vec<(String, String)>,
    /// Whether the platform is told its settings at the start and when they change. Only with a name
    /// at Poe and an access key.
    pub sync: bool,
    /// Where it may send requests. Empty: nowhere.
    pub outbound_hosts: Vec<HostPattern>,
    /// What it may use without seeing it, sorted by name.
    pub secrets: Vec<SecretGrant>,
    /// What it may use.
    pub limits: Limits,
    /// How long what it keeps stays.
    pub store_ttl: StoreTtl,
    /// Files whose texts it knows.
    pub documents: DocumentFiles,
    /// Where it was declared.
    pub place: Place,
}

/// A secret that a bot may use: in one header, for some hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretGrant {
    /// Name of the variable in which the bot finds a placeholder.
    pub name: String,
    /// What the placeholder stands for; can stand in a header.
    pub value: Secret,
    /// Where it may be sent. At least one.
    pub hosts: Vec<HostPattern>,
    /// The header in which it may be sent.
    pub header: HeaderName,
}

/// How a bot is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// A line for the shell, run in the bot's directory.
    pub command: String,
    /// Patterns of files whose change calls for a new build, relative to the bot's directory.
    pub watch: Vec<String>,
}

/// Bots of one tenant that cannot stand beside each other, or where the gateway answers itself.
pub(super) fn collisions(tenant: &TenantSpec) -> Vec<(BotName, Problem)> {
    let mut problems = Vec::new();
    let mut names: HashMap<&BotName, &BotSpec> = HashMap::new();
    let mut routes: HashMap<&Route, &BotSpec> = HashMap::new();
    for bot in &tenant.bots {
        let mut problem = |message: String, cause: String, hint: &str| {
            let place = Some(bot.place.clone());
            let problem = Problem {
                message,
                causes: vec![cause],
                place,
                hint: Some(hint.to_owned()),
            };
            problems.push((bot.name.clone(), problem));
        };
        if RESERVED.contains(&bot.route.as_str()) {
            let message = format!("bot `{}` cannot be mounted at `{}`", bot.name, bot.route);
            problem(
                message,
                "the gateway answers there itself".to_owned(),
                "give the bot another `route`",
            );
        }
        if let Some(first) = names.get(&bot.name) {
            let message = format!("there is a second bot `{}`", bot.name);
            problem(
                message,
                format!("the first is declared at {}", first.place),
                "give one of them another name",
            );
        } else if let Some(first) = routes.get(&bot.route) {
            let message = format!("bot `{}` cannot be mounted at `{}`", bot.name, bot.route);
            problem(
                message,
                format!(
                    "bot `{}` is mounted there, declared at {}",
                    first.name, first.place
                ),
                "give one of them another `route`",
            );
        }
        names.entry(&bot.name).or_insert(bot);
        routes.entry(&bot.route).or_insert(bot);
    }
    problems
}
