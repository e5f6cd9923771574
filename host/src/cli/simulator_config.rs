//! Who plays along with the simulated platform, and where it is played.

use std::{
    collections::BTreeMap,
    io,
    net::{TcpListener, ToSocketAddrs as _},
    path::Path,
};

use serde_json::{Value, json};

use super::{Failure, up::WORLD};
use ravenry_base::report::{Problem, Problems};
use ravenry_config::scripts::{self, Player, Reply, Role};
use ravenry_desk::{client::Target, simulator::Simulator};

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
    pub(super) fn enter(&self, poe: &Simulator) {
        for (name, target) in &self.servers {
            poe.register(name, target.clone());
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

/// Listens where nobody but this machine can come in: whoever does may ask, upload and read files.
///
/// # Errors
/// An address of others, one that is none, and one that is taken.
pub(super) fn bind(listen: &str) -> Result<TcpListener, Failure> {
    let wrong = |cause: String, hint: &str| {
        Failure::Usage(
            Problem {
                message: format!("Poe cannot be played on `{listen}`"),
                causes: vec![cause],
                hint: Some(hint.to_owned()),
                ..Problem::default()
            }
            .into(),
        )
    };
    let example = "an address looks like 127.0.0.1:8081";
    let addresses = listen.to_socket_addrs();
    let mut addresses = addresses.map_err(|error| wrong(error.to_string(), example))?;
    let address = addresses.next();
    let address = address.ok_or_else(|| wrong("it has no address".to_owned(), example))?;
    if !address.ip().is_loopback() {
        let cause = "others could come in there, and nothing is kept from whoever does";
        return Err(wrong(
            cause.to_owned(),
            "choose an address of this machine, such as 127.0.0.1:8081",
        ));
    }
    TcpListener::bind(address).map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::AddrInUse => {
                "another program listens there: stop it, or choose another address (port 0 takes a free one)"
            }
            io::ErrorKind::PermissionDenied => {
                "ports below 1024 need privileges: choose another, such as 8081"
            }
            _ => example,
        };
        wrong(error.to_string(), hint)
    })
}

/// A short query, for a line to try.
pub(super) fn question() -> Value {
    json!({
        "version": "1.2", "type": "query",
        "query": [{"role": "user", "content": "hello", "content_type": "text/markdown"}],
        "user_id": "u-1", "conversation_id": "c-1", "message_id": "m-1",
    })
}
