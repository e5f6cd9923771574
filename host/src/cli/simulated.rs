//! `ravenry up --simulate`: Poe, played beside the server, for bots that have no keys of the real one.
//!
//! Every mounted bot is registered under its name at Poe, else under its own, again at each change.
//! Whoever has no access key gets one that only the played Poe knows; the bot's own door stays as open
//! as it was.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use url::Url;

use super::{Failure, players, simulate};
use crate::client::Target;
use crate::config::platform;
use crate::config::resolve::ServerSpec;
use crate::secret::Secret;
use crate::simulator::{BALANCE, FakePoe, made_up_key};

/// Poe, as it is played for the bots of a server.
pub(super) struct Simulated {
    poe: FakePoe,
    bots: Mutex<Bots>,
}

#[derive(Default)]
struct Bots {
    /// Where the server is, once it serves.
    server: Option<Url>,
    /// Names, paths and keys of those that the last configuration has.
    wanted: Vec<(String, String, Secret)>,
    /// Names of those that are registered.
    registered: Vec<String>,
    /// Keys of bots that have none, by name: a bot keeps its key.
    made_up: HashMap<String, Secret>,
}

impl Simulated {
    /// Starts to play.
    ///
    /// # Errors
    /// An address that cannot be listened on, and mistakes in the file of players.
    pub(super) fn start(listen: &str, scripts: Option<&Path>) -> Result<Self, Failure> {
        let cast = scripts.map(players::load).transpose()?;
        let poe = simulate::start(listen, None, BALANCE)?;
        if let Some(cast) = cast {
            cast.enter(&poe);
        }
        Ok(Self {
            poe,
            bots: Mutex::default(),
        })
    }

    /// Has these bots ask here, and registers them.
    pub(super) fn prepare(&self, spec: &mut ServerSpec) {
        let addresses = (
            platform::api(&self.poe.url()),
            platform::upload(&self.poe.upload_url()),
        );
        if let (Ok(api), Ok(upload)) = addresses {
            (spec.poe.api, spec.poe.upload) = (api, upload);
        }
        let mut bots = self.bots();
        let Bots {
            wanted, made_up, ..
        } = &mut *bots;
        wanted.clear();
        for bot in spec.tenants.iter_mut().flat_map(|tenant| &mut tenant.bots) {
            let name = bot.poe_name.get_or_insert_with(|| bot.name.to_string());
            let made_up = made_up.entry(name.clone()).or_insert_with(made_up_key);
            let key = bot.platform_key.get_or_insert_with(|| made_up.clone());
            bot.sync = true;
            wanted.push((name.clone(), bot.route.to_string(), key.clone()));
        }
        self.register(&mut bots);
    }

    /// The bots are served below this URL from now on.
    pub(super) fn serve(&self, url: &str) {
        let mut bots = self.bots();
        bots.server = Url::parse(url).ok();
        self.register(&mut bots);
    }

    fn register(&self, bots: &mut Bots) {
        // Bots send their settings before anybody can be served: their keys are good already.
        let server = bots
            .server
            .clone()
            .or_else(|| Url::parse(&self.poe.url()).ok());
        let Some(server) = server else { return };
        for gone in &bots.registered {
            if !bots.wanted.iter().any(|(name, ..)| name == gone) {
                self.poe.strike(gone);
            }
        }
        for (name, route, key) in &bots.wanted {
            let mut url = server.clone();
            url.set_path(route);
            let key = Some(key.clone());
            self.poe.enrol(name, Target { url, key });
        }
        bots.registered = bots.wanted.iter().map(|(name, ..)| name.clone()).collect();
    }

    /// What a person should know.
    pub(super) fn note(&self) -> String {
        format!(
            "Poe is played on {}: bots ask one another under their names, and names that nobody has are answered by stand-ins.",
            self.poe.url()
        )
    }

    fn bots(&self) -> MutexGuard<'_, Bots> {
        self.bots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
