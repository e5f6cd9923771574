//! `ravenry chat`: which bot is meant, and whether there is a person to talk with.

use std::{
    io::{self, IsTerminal as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use serde_json::Value;

use crate::cli::{
    addresses, directories, environment, failure::Failure, key_flags::KeyFlags, load, run::Run,
};
use ravenry_base::{
    report::{Problem, Problems},
    secret::Secret,
};
use ravenry_desk::{
    chat::{self, Terminal},
    client::{SILENCE_MAX, Target},
};

/// The variables of the historical simulator: where the bot is, and its access key.
const OLD_VARIABLES: (&str, &str) = ("BOT_SERVER", "POE_API_KEY");

/// What stands at the end of its help.
const EXAMPLES: &str = "\
Examples:
  ravenry chat cat                    # a bot that `ravenry up` serves
  ravenry chat https://example.com/bot --key-env BOT_KEY
  echo hello | ravenry chat cat";

/// `ravenry chat`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Chat {
    /// A bot of the gateway on this machine (`cat`, `/acme/cat`), or the URL of any bot [default: the
    /// bot in this directory]
    #[arg(value_name = "BOT|URL")]
    pub bot: Option<String>,
    /// Say this, print the answer, and end; a message from a pipe does the same
    #[arg(value_name = "MESSAGE")]
    pub message: Vec<String>,
    /// Its access key.
    #[command(flatten)]
    pub key: KeyFlags,
    /// Attach a file to the first message; may be given several times
    #[arg(long = "attach", value_name = "FILE")]
    pub attached: Vec<PathBuf>,
    /// Set a parameter for all messages; may be given several times
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = chat::parameter)]
    pub parameters: Vec<(String, Value)>,
    /// How long the bot may be silent before the answer is given up [default: 2m]
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub timeout: Option<Duration>,
    /// Where the gateway on this machine serves its bots [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", env = "RAVENRY_LISTEN")]
    pub listen: Option<String>,
    /// Where the history of what you type is kept [default: ~/.local/state/ravenry]
    #[arg(long, value_name = "DIR", env = "RAVENRY_STATE_DIR")]
    pub state_dir: Option<PathBuf>,
}

impl Run for Chat {
    fn run(&self) -> Result<(), Failure> {
        let chat = chat::Chat {
            target: self.target()?,
            silence_max: self.timeout.unwrap_or(SILENCE_MAX),
            terminal: terminal(),
            attached: self.attached.clone(),
            parameters: self.parameters.clone(),
        };
        // Connections are looked after while a person thinks.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| Failure::usage(&error))?;
        let message = (!self.message.is_empty()).then(|| self.message.join(" "));
        let person = io::stdin().is_terminal() && io::stdout().is_terminal();
        let ended = if person && message.is_none() {
            chat.talk(Some(self.state_dir()?.join("chat-history")), &runtime)
        } else {
            chat.ask(message, &runtime)
        };
        // A connection that the bot keeps open is not waited for.
        runtime.shutdown_background();
        ended.map_err(|problem| Failure::Failed(problem.into()))
    }
}

impl Chat {
    fn state_dir(&self) -> Result<PathBuf, Failure> {
        match &self.state_dir {
            Some(directory) => Ok(directory.clone()),
            None => directories::state_dir(),
        }
    }

    /// The bot that is meant: the one that was named, else that of the historical simulator's
    /// variables, else the one in this directory.
    fn target(&self) -> Result<Target, Failure> {
        let key = self.key.read()?;
        if let Some(bot) = &self.bot {
            return self.named(bot, key);
        }
        let (server, old_key) = OLD_VARIABLES;
        let given = environment::variable;
        if let Some(server) = given(server) {
            // That program spoke plain HTTP, and nothing else.
            let url = if server.contains("://") {
                server
            } else {
                format!("http://{server}")
            };
            return parsed(&url, key.or_else(|| given(old_key).map(Secret::new)));
        }
        self.here(key)
    }

    /// `cat` and `/acme/cat` are at the gateway on this machine, everything else is a URL.
    fn named(&self, bot: &str, key: Option<Secret>) -> Result<Target, Failure> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if bot.starts_with('/') && !bot.starts_with("//") {
            parsed(&format!("{}{bot}", self.gateway()), key)
        } else if !bot.is_empty() && bot.bytes().all(is_name) {
            parsed(&format!("{}/{bot}", self.gateway()), key)
        } else {
            parsed(bot, key)
        }
    }

    /// The bot of this directory, with its key.
    fn here(&self, key: Option<Secret>) -> Result<Target, Failure> {
        let spec = load::strict(Path::new("."), load::WORLD).map_err(|failure| {
            let Problems(problems) = failure.into_problems();
            let causes = problems.into_iter().map(|problem| problem.message);
            unnamed(
                causes.collect(),
                "name one: ravenry chat cat, ravenry chat https://example.com/bot",
            )
        })?;
        let bots: Vec<_> = spec
            .tenants
            .iter()
            .flat_map(|tenant| &tenant.bots)
            .collect();
        match bots.as_slice() {
            [bot] => {
                let key = key.or_else(|| bot.access_keys.first().cloned());
                parsed(&format!("{}{}", self.gateway(), bot.route), key)
            }
            bots => {
                let routes: Vec<String> = bots.iter().map(|bot| bot.route.to_string()).collect();
                let hint = format!("name one of those here: {}", routes.join(", "));
                Err(unnamed(Vec::new(), &hint))
            }
        }
    }

    fn gateway(&self) -> String {
        let listen = self.listen.as_deref().unwrap_or(addresses::BOTS);
        match listen.parse::<SocketAddr>() {
            // It listens everywhere, so here too.
            Ok(address) if address.ip().is_unspecified() => {
                format!("http://127.0.0.1:{}", address.port())
            }
            _ => format!("http://{listen}"),
        }
    }
}

fn parsed(url: &str, key: Option<Secret>) -> Result<Target, Failure> {
    Target::parse(url, key).map_err(|error| {
        let problem = Problem {
            message: error.to_string(),
            hint: Some(error.hint()),
            ..Problem::default()
        };
        Failure::Usage(problem.into())
    })
}

fn unnamed(causes: Vec<String>, hint: &str) -> Failure {
    let problem = Problem {
        message: "no bot to talk with is named".to_owned(),
        causes,
        hint: Some(hint.to_owned()),
        ..Problem::default()
    };
    Failure::Usage(problem.into())
}

/// What the terminal can do, by the usual variables (no-color.org).
fn terminal() -> Terminal {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let moves = std::env::var_os("TERM").is_some_and(|term| term != "dumb");
    Terminal {
        colours: moves && !set("NO_COLOR"),
        moves,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        chat: Chat,
    }

    fn url(arguments: &[&str]) -> String {
        let all = [&["test"], arguments].concat();
        let chat = Flags::try_parse_from(all).unwrap().chat;
        let bot = chat.bot.as_deref().unwrap();
        chat.named(bot, None).map_or_else(
            |failure| failure.into_problems().to_string(),
            |target| target.url.to_string(),
        )
    }

    #[test]
    fn a_name_is_a_bot_here_and_anything_else_a_url() {
        for (bot, expected) in [
            ("cat", "http://127.0.0.1:8080/cat"),
            ("/acme/cat", "http://127.0.0.1:8080/acme/cat"),
            ("localhost:9000/cat", "http://localhost:9000/cat"),
            ("bots.example.com/cat", "https://bots.example.com/cat"),
            ("https://example.com", "https://example.com/"),
        ] {
            assert_eq!(url(&["--listen=127.0.0.1:8080", bot]), expected);
        }
        assert_eq!(
            url(&["--listen=0.0.0.0:9000", "cat"]),
            "http://127.0.0.1:9000/cat"
        );
        assert!(url(&["ftp://example.com"]).starts_with("error: `ftp://example.com` is no URL"));
    }
}
