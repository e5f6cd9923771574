//! Who plays along with the simulated platform: bots of a file, by URL or by their replies.

use std::{collections::BTreeMap, path::Path};

use super::{failure::Failure, load::WORLD};
use ravenry_base::report::{Problem, Problems};
use ravenry_config::scripts::{self, Player, Reply, Role};
use ravenry_desk::{client::Target, simulator::FakePoe};

/// Who plays, by name.
#[derive(Debug, Default)]
pub(super) struct Cast {
    /// Server bots.
    pub(super) servers: BTreeMap<String, Target>,
    /// Bots that are nothing but their replies.
    pub(super) scripts: BTreeMap<String, Vec<Reply>>,
}

impl Cast {
    /// Lets everybody play.
    pub(super) fn enter(&self, poe: &FakePoe) {
        for (name, target) in &self.servers {
            poe.enrol(name, target.clone());
        }
        for (name, replies) in &self.scripts {
            poe.bot(name, replies.clone());
        }
    }
}

/// Reads a file of players.
///
/// # Errors
/// All mistakes in it.
pub(super) fn load(file: &Path) -> Result<Cast, Failure> {
    let players = scripts::load(file, WORLD).map_err(Failure::Usage)?;
    let (mut cast, mut problems) = (Cast::default(), Problems::default());
    for Player { name, place, role } in players {
        match role {
            Role::Replies(replies) => {
                cast.scripts.insert(name, replies);
            }
            Role::Server { url, key } => match Target::parse(&url, key) {
                Ok(target) => {
                    cast.servers.insert(name, target);
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
    problems.or(cast).map_err(Failure::Usage)
}
