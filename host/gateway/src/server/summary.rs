//! What is served, for the caller that started it.

use std::{fs, net::SocketAddr, sync::Arc, time::Duration};

use crate::{
    bots::{
        deployment::{self, Deployment},
        mount::BotSummary as Mounted,
    },
    sandbox::{Capacity, Component, EngineKind, Facts},
};
use ravenry_base::report::Problem;
use ravenry_config::ids::{BotName, TenantName};

/// What is served, once it is.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Where bots answer.
    pub address: SocketAddr,
    /// Where metrics are.
    pub metrics_url: Option<String>,
    /// The bots, in the order of the configuration.
    pub bots: Vec<BotSummary>,
    /// What is not among them, because something is wrong with it.
    pub refused: Vec<RefusedBot>,
    /// What an operator should know, one sentence each.
    pub notes: Vec<String>,
}

impl Ready {
    /// Where bots answer, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// One mounted bot.
#[derive(Clone, Debug)]
pub struct BotSummary {
    /// Whose it is.
    pub tenant: String,
    /// Its name.
    pub name: String,
    /// Its path.
    pub route: String,
    /// Where to send queries.
    pub url: String,
    /// How many keys open it; 0 means that every client may ask it.
    pub keys: usize,
    /// Size of its component, in bytes.
    pub component_bytes: u64,
    /// Its compiled code; `None` while it is being compiled, and the bot says that it is starting.
    pub code: Option<Code>,
}

/// A bot that is not mounted as its file says, or a file of bots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedBot {
    /// Whose it is.
    pub tenant: String,
    /// Its name, or the path of the file.
    pub name: String,
}

/// Compiled code.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// How long it took to compile, or to load.
    pub prepared_in: Duration,
    /// Whether it was found on disk.
    pub from_cache: bool,
}

/// What happens to bots while others are served.
#[derive(Debug)]
pub enum BotEvent {
    /// A bot answers, whose component had to be compiled.
    Mounted(BotSummary),
    /// A bot cannot be mounted. Where there is a former version, it goes on.
    Refused(Problem),
}

/// Where to send queries to a bot, by its tenant's first host name where it has one.
pub fn url(Mounted { bot, hosts, .. }: &Mounted, address: SocketAddr) -> String {
    let route = &bot.route;
    match hosts.first() {
        Some(host) => format!("http://{host}:{}{route}", address.port()),
        None => format!("http://{address}{route}"),
    }
}

pub(super) fn describe(mounted: &Mounted, address: SocketAddr) -> BotSummary {
    let Mounted { bot, spec, .. } = mounted;
    let facts = bot.component.as_ref().map(crate::sandbox::Component::facts);
    let size = || fs::metadata(&spec.source).map_or(0, |found| found.len());
    BotSummary {
        tenant: bot.tenant.to_string(),
        name: bot.name.to_string(),
        route: bot.route.to_string(),
        url: url(mounted, address),
        keys: bot.keys(),
        component_bytes: facts.map_or_else(size, |facts| facts.bytes),
        code: facts.map(|facts| Code {
            prepared_in: facts.prepared_in,
            from_cache: facts.from_cache,
        }),
    }
}

/// The bots that are refused. Of files, their readers tell.
pub(super) fn refused(deployment: &Deployment) -> Vec<RefusedBot> {
    let refused = deployment.refused().into_iter();
    let bot = |(tenant, bot): (TenantName, Option<BotName>)| {
        Some(RefusedBot {
            tenant: tenant.to_string(),
            name: bot?.to_string(),
        })
    };
    refused.filter_map(bot).collect()
}

/// Tells what becomes of bots that are compiled while others are served.
pub(super) fn telling(
    news: &Arc<dyn Fn(BotEvent) + Send + Sync>,
    address: SocketAddr,
) -> deployment::BotEvent {
    let tell = Arc::clone(news);
    Arc::new(move |made: Result<Mounted, Problem>| {
        tell(match made {
            Ok(mounted) => BotEvent::Mounted(describe(&mounted, address)),
            Err(problem) => BotEvent::Refused(problem),
        });
    })
}

/// What is known of the component of a bot, unless it is still being compiled.
fn facts(mounted: &Mounted) -> Option<&Facts> {
    mounted.bot.component.as_ref().map(Component::facts)
}

/// What the machine carries, in words.
pub(super) fn carries(capacity: &Capacity, bots: &[Mounted]) -> Vec<String> {
    let facts: Vec<Option<&Facts>> = bots.iter().map(facts).collect();
    let is_small = |facts: &Facts| facts.engine == EngineKind::Small;
    let least = |among: &dyn Fn(&Facts) -> bool| {
        let known = facts.iter().flatten().filter(|facts| among(facts));
        known
            .map(|facts| facts.admission_bytes())
            .min()
            .unwrap_or(0)
    };
    let (replies, because) = capacity.replies(least(&|_| true));
    let mut notes = vec![format!(
        "This machine carries up to {replies} replies at once ({because})."
    )];
    // What takes long to compile is large.
    if !facts.iter().all(|facts| facts.is_some_and(is_small)) {
        let (fit, _) = capacity.replies(least(&|facts| !is_small(facts)));
        notes.push(format!(
            "Of these, at most {} can be of bots that are large or have tasks.",
            capacity.large().min(fit.into())
        ));
    }
    notes
}
