//! The bots of a simulated platform, read from a file: by their URLs, or by their replies.

use std::{collections::BTreeMap, path::Path};

use super::{failure::Failure, load::WORLD};
use ravenry_base::report::{Problem, Problems};
use ravenry_config::scripts::{self, Player, Reply, Role};
use ravenry_desk::{client::Target, simulator::Simulator};

/// Bots by name.
#[derive(Debug, Default)]
pub(super) struct SimulatorConfig {
    /// Server bots.
    pub(super) servers: BTreeMap<String, Target>,
    /// Bots that are nothing but their replies.
    pub(super) scripts: BTreeMap<String, Vec<Reply>>,
}

impl SimulatorConfig {
    /// Registers all of them.
    pub(super) fn register(&self, poe: &Simulator) {
        for (name, target) in &self.servers {
            poe.register(name, target.clone());
        }
        for (name, replies) in &self.scripts {
            poe.bot(name, replies.clone());
        }
    }
}

/// Reads a file of bots.
///
/// # Errors
/// All mistakes in it.
pub(super) fn load(file: &Path) -> Result<SimulatorConfig, Failure> {
    let players = scripts::load(file, WORLD).map_err(Failure::Usage)?;
    let (mut config, mut problems) = (SimulatorConfig::default(), Problems::default());
    for Player { name, place, role } in players {
        match role {
            Role::Replies(replies) => {
                config.scripts.insert(name, replies);
            }
            Role::Server { url, key } => match Target::parse(&url, key) {
                Ok(target) => {
                    config.servers.insert(name, target);
                }
                Err(error) => problems.0.push(Problem {
                    message: error.to_string(),
                    place: Some(place),
                    hint: Some(error.hint()),
                    ..Problem::default()
                }),
            },
        }
    }
    problems.or(config).map_err(Failure::Usage)
}
