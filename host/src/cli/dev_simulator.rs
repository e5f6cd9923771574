//! The simulator beside the server of `ravenry up`: the page on which a person talks to the bots, and
//! with `--simulate` Poe, played for bots that have no keys of the real one.
//!
//! Every mounted bot is registered under its name at Poe, or else under its own; again at each change.
//! A bot without an access key gets one that only the played Poe uses: other clients may ask the bot as
//! before. Without `--simulate` the bots do not ask here; they may only read the files that a person
//! attaches to a message.

use std::{collections::HashMap, path::Path};

use parking_lot::{Mutex, MutexGuard};
use url::Url;

use super::{addresses, failure::Failure, simulator, simulator_config};
use ravenry_base::secret::Secret;
use ravenry_config::{
    ids::{BotName, TenantName},
    platform,
    resolve::ServerSpec,
};
use ravenry_desk::{
    client::Target,
    simulator::{BALANCE, Downloads, Simulator, made_up_key},
};

/// Where it listens when its own address is taken.
const FREE: &str = "127.0.0.1:0";

/// The simulator of a server.
pub(super) struct Simulated {
    poe: Simulator,
    /// Whether bots ask here in the place of Poe.
    plays: bool,
    bots: Mutex<Bots>,
}

#[derive(Default)]
struct Bots {
    /// Where the server is, once it serves.
    server: Option<Url>,
    /// Those that the last configuration has, or that go on although it is wrong there.
    wanted: Vec<Wanted>,
    /// Names of those that are registered.
    registered: Vec<String>,
    /// Keys of bots that have none, by name: a bot keeps its key.
    made_up: HashMap<String, Secret>,
}

/// A bot that is to be registered.
struct Wanted {
    bot: (TenantName, BotName),
    /// Its name at Poe.
    name: String,
    route: String,
    key: Option<Secret>,
}

impl Simulated {
    /// Starts to play.
    ///
    /// # Errors
    /// An address that cannot be listened on, and mistakes in the file of players.
    pub(super) fn start(listen: &str, scripts: Option<&Path>) -> Result<Self, Failure> {
        let config = scripts.map(simulator_config::load).transpose()?;
        let poe = simulator::start(listen, None, BALANCE)?;
        if let Some(config) = config {
            config.register(&poe);
        }
        Ok(Self {
            poe,
            plays: true,
            bots: Mutex::default(),
        })
    }

    /// Serves the page alone. Without an address: at its own, or at a free port where that is taken.
    ///
    /// # Errors
    /// An address that cannot be listened on.
    pub(super) fn page(listen: Option<&str>) -> Result<Self, Failure> {
        let start = |listen| simulator::start(listen, None, BALANCE);
        let poe = match listen {
            Some(listen) => start(listen),
            None => start(addresses::SIMULATOR).or_else(|_| start(FREE)),
        };
        Ok(Self {
            poe: poe?,
            plays: false,
            bots: Mutex::default(),
        })
    }

    /// Where the page is.
    pub(super) fn page_url(&self) -> String {
        format!("{}/", self.poe.url())
    }

    /// Registers these bots; where Poe is played, they ask here.
    pub(super) fn prepare(&self, spec: &mut ServerSpec) {
        self.poe
            .downloads(Downloads::Fetched(spec.private_hosts.clone()));
        if self.plays {
            self.play(spec);
        } else {
            spec.poe.files = Url::parse(&self.poe.url()).ok();
        }
        let mut bots = self.bots();
        let wanted = spec
            .tenants
            .iter()
            .flat_map(|tenant| &tenant.bots)
            .map(|bot| Wanted {
                bot: (bot.tenant.clone(), bot.name.clone()),
                name: bot.poe_name.clone().unwrap_or_else(|| bot.name.to_string()),
                route: bot.route.to_string(),
                key: bot.platform_key.clone(),
            });
        let wanted: Vec<Wanted> = wanted.collect();
        bots.wanted.retain(|old| {
            let (tenant, bot) = &old.bot;
            let mut names = wanted.iter().map(|new| &new.name);
            spec.is_unread(tenant, bot) && names.all(|name| *name != old.name)
        });
        bots.wanted.extend(wanted);
        self.register(&mut bots);
    }

    /// Gives each bot what Poe would have given it.
    fn play(&self, spec: &mut ServerSpec) {
        let addresses = (
            platform::api(&self.poe.url()),
            platform::upload(&self.poe.upload_url()),
        );
        if let (Ok(api), Ok(upload)) = addresses {
            (spec.poe.api, spec.poe.upload) = (api, upload);
        }
        let made_up = &mut self.bots().made_up;
        for bot in spec.tenants.iter_mut().flat_map(|tenant| &mut tenant.bots) {
            let name = bot.poe_name.get_or_insert_with(|| bot.name.to_string());
            let made_up = made_up.entry(name.clone()).or_insert_with(made_up_key);
            bot.platform_key.get_or_insert_with(|| made_up.clone());
            bot.sync = true;
        }
    }

    /// The bots are served below this URL from now on.
    pub(super) fn serve(&self, url: &str) {
        let mut bots = self.bots();
        bots.server = Url::parse(url).ok();
        self.register(&mut bots);
    }

    fn register(&self, bots: &mut Bots) {
        // Bots send their settings before the first query is served: their keys have to be known by then.
        let server = bots
            .server
            .clone()
            .or_else(|| Url::parse(&self.poe.url()).ok());
        let Some(server) = server else { return };
        for gone in &bots.registered {
            if !bots.wanted.iter().any(|bot| bot.name == *gone) {
                self.poe.remove(gone);
            }
        }
        for bot in &bots.wanted {
            let mut url = server.clone();
            url.set_path(&bot.route);
            let key = bot.key.clone();
            self.poe.register(&bot.name, Target { url, key });
        }
        bots.registered = bots.wanted.iter().map(|bot| bot.name.clone()).collect();
    }

    /// What is printed about it once the bots are served.
    pub(super) fn note(&self) -> Option<String> {
        let note = format!(
            "Poe is played on {}: bots ask one another under their names, and a stand-in answers for any other name.",
            self.poe.url()
        );
        self.plays.then_some(note)
    }

    fn bots(&self) -> MutexGuard<'_, Bots> {
        self.bots.lock()
    }
}
