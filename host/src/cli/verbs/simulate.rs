//! `ravenry simulate`: plays Poe on this machine, until a signal.
//!
//! It starts, registers bots, prints their names and addresses, and at the end what they charged. How
//! Poe is played is the simulator's business.

use std::{fmt::Write as _, path::PathBuf};

use clap::Args;
use comfy_table::Table;
use serde_json::{Value, json};

use crate::cli::{
    addresses, environment,
    failure::Failure,
    flag_values::{Unrepeated, pair},
    formatting::{LINE_BELOW_HEADER, as_u64, counted, quoted},
    run::Run,
    signals::Signals,
    simulator,
    simulator_config::{self, SimulatorConfig},
};
use ravenry_base::{
    output,
    report::{Problem, Problems},
    secret::Secret,
};
use ravenry_desk::{
    client::Target,
    simulator::{BALANCE, Ledger, PERSON_KEY, Simulator},
};
use ravenry_gateway::telemetry;
use ravenry_protocol::shown::Escaped;

/// Queries whose costs are shown at the end; the newest.
const TABS_SHOWN_MAX: usize = 20;

/// What stands where settings could not be read.
const UNREAD: &str = "not read: ";

/// What stands at the end of its help.
const EXAMPLES: &str = "\
Examples:
  ravenry simulate --bot cat=http://127.0.0.1:8080/cat --key cat=CAT_KEY
  ravenry simulate --scripts bots.toml";

/// `ravenry simulate`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Simulate {
    /// A bot's URL, under the name by which other bots ask it; may be given several times
    #[arg(long = "bot", value_name = "NAME=URL", value_parser = Unrepeated(pair))]
    pub bots: Vec<(String, String)>,
    /// The environment variable with the access key of a bot; may be given several times
    #[arg(long = "key", value_name = "NAME=VARIABLE", value_parser = Unrepeated(pair))]
    pub keys: Vec<(String, String)>,
    /// A file with bots: their URLs and keys, or just their replies
    #[arg(long, value_name = "FILE")]
    pub scripts: Option<PathBuf>,
    /// Where Poe is played, on this machine; port 0 takes a free one
    #[arg(long, value_name = "ADDR", env = "RAVENRY_SIMULATE", default_value = addresses::SIMULATOR)]
    pub listen: String,
    /// Where uploaded files are kept [default: a directory that is removed at the end]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// What the person who asks can spend, in thousandths of a US cent
    #[arg(long, value_name = "MILLICENTS", default_value_t = BALANCE)]
    pub balance: u64,
}

impl Run for Simulate {
    fn run(&self) -> Result<(), Failure> {
        let config = self.config()?;
        let _logging = telemetry::start_logging("info", telemetry::LogFormat::Auto)
            .map_err(|error| Failure::usage(&error))?;
        let poe = simulator::start(&self.listen, self.dir.clone(), self.balance)?;
        config.register(&poe);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.map_err(|error| Failure::usage(&error))?;
        let signalled = runtime.block_on(async {
            let mut signals = Signals::listen()?;
            let rows = rows(&poe, &config).await;
            output::print(&page(&poe, &rows));
            signals.next().await;
            Ok::<_, std::io::Error>(())
        });
        signalled.map_err(|error| Failure::usage(&error))?;
        output::print(&bill(&poe.ledger()));
        Ok(())
    }
}

impl Simulate {
    /// The bots of the flags and of the file.
    fn config(&self) -> Result<SimulatorConfig, Failure> {
        let mut problems = Problems::default();
        let mut config = match &self.scripts {
            Some(file) => simulator_config::load(file)?,
            None => SimulatorConfig::default(),
        };
        let mut wrong = |message: String, hint: String| {
            problems.0.push(Problem {
                message,
                hint: Some(hint),
                ..Problem::default()
            });
        };
        for (name, url) in &self.bots {
            match Target::parse(url, None) {
                Ok(target) => {
                    config.servers.insert(name.clone(), target);
                }
                Err(error) => wrong(error.to_string(), error.hint()),
            }
        }
        for (name, variable) in &self.keys {
            match (
                config.servers.get_mut(name),
                environment::variable(variable),
            ) {
                (None, _) => wrong(
                    format!("`--key` names `{name}`, and no bot is registered under this name"),
                    format!("register it: `--bot {name}=URL`"),
                ),
                (_, None) => wrong(
                    format!("the environment variable that `--key {name}=…` names is not set"),
                    "name the variable that holds the access key, not the key: `--key cat=CAT_KEY`"
                        .to_owned(),
                ),
                (Some(target), Some(key)) => target.key = Some(Secret::new(key)),
            }
        }
        problems.or(config).map_err(Failure::Usage)
    }
}

/// A row for each bot: its name, where it is, and whether its settings could be read.
async fn rows(poe: &Simulator, config: &SimulatorConfig) -> Vec<[String; 3]> {
    let asked = config.servers.iter().map(|(name, target)| async move {
        let settings = match poe.fetch_settings(name).await {
            Ok(terms) if terms.mistakes.is_empty() => "read".to_owned(),
            Ok(terms) => terms.mistakes.join(" "),
            Err(why) => format!("{UNREAD}{why}"),
        };
        [name.clone(), target.url.to_string(), settings]
    });
    let mut rows = futures_util::future::join_all(asked).await;
    rows.extend(config.scripts.iter().map(|(name, replies)| {
        let replies = counted(as_u64(replies.len()), "reply");
        [name.clone(), replies, String::new()]
    }));
    rows
}

/// All that is printed at the start.
fn page(poe: &Simulator, rows: &[[String; 3]]) -> String {
    let (url, upload) = (poe.url(), poe.upload_url());
    let mut page = format!("Playing Poe on {url}\n\n");
    if !rows.is_empty() {
        let mut table = Table::new();
        table.load_preset(LINE_BELOW_HEADER);
        table.set_header(["bot", "is", "settings"]);
        for row in rows {
            table.add_row(row);
        }
        let _ = writeln!(page, "{}\n", table.trim_fmt());
    }
    let answers = rows
        .iter()
        .find(|[_, _, settings]| !settings.starts_with(UNREAD));
    let name = answers.map_or("Claude-3-Haiku", |[name, ..]| name);
    let _ = write!(
        page,
        "Talk to your bots in a browser: {url}/\n\n\
         A stand-in answers for any other name.\n\n\
         Have bots ask here instead of Poe:\n  \
         export RAVENRY_POE_API={url}/\n  \
         export RAVENRY_POE_UPLOAD={upload}\n\n\
         Ask as a person:\n  \
         curl -N {} -H 'Authorization: Bearer {PERSON_KEY}' -d {}\n\n\
         What bots charge: {url}/simulator/ledger\n\n\
         Stop with Ctrl-C.\n",
        quoted(&poe.ask_url(name)),
        quoted(&question().to_string()),
    );
    page
}

/// A short query, for a line to try.
fn question() -> Value {
    json!({
        "version": "1.2", "type": "query",
        "query": [{"role": "user", "content": "hello", "content_type": "text/markdown"}],
        "user_id": "u-1", "conversation_id": "c-1", "message_id": "m-1",
    })
}

/// What was paid.
fn bill(ledger: &Ledger) -> String {
    if ledger.tabs.is_empty() {
        return String::new();
    }
    let captured: u64 = ledger.tabs.iter().map(|tab| tab.captured).sum();
    let mut bill = format!(
        "\n{} captured for {}; {} left\n",
        dollars(captured),
        counted(as_u64(ledger.tabs.len()), "message"),
        dollars(ledger.balance),
    );
    let old = ledger.tabs.len().saturating_sub(TABS_SHOWN_MAX);
    for tab in ledger.tabs.iter().skip(old) {
        let _ = writeln!(
            bill,
            "  {} {}: authorized {}, captured {}",
            Escaped(&tab.bots.join(", ")),
            Escaped(&tab.bot_query_id),
            dollars(tab.authorized),
            dollars(tab.captured)
        );
    }
    bill
}

/// Thousandths of a US cent as US dollars, to the last of them.
fn dollars(milli_cents: u64) -> String {
    let (whole, rest) = (milli_cents / 100_000, milli_cents % 100_000);
    format!("${whole}.{rest:05}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ravenry_desk::simulator::Tab;

    #[test]
    fn money_is_told_to_the_last_thousandth() {
        assert_eq!(dollars(10_000_000), "$100.00000");
        assert_eq!(dollars(1), "$0.00001");
        let tab = Tab {
            bot_query_id: "m-1".to_owned(),
            bots: vec!["cat".to_owned()],
            authorized: 2_000,
            captured: 1_000,
        };
        let ledger = Ledger {
            balance: 9_999_000,
            tabs: vec![tab],
        };
        assert_eq!(
            bill(&ledger),
            "\n$0.01000 captured for 1 message; $99.99000 left\n  cat m-1: authorized $0.02000, captured $0.01000\n"
        );
    }
}
