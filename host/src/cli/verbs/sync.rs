//! `ravenry sync`: makes the platform ask bots for their settings now.
//!
//! The server hands settings over by itself when a bot is mounted. This is for the other direction:
//! it shows that the platform reaches the bot, and what it says where it does not.

use std::path::PathBuf;

use clap::Args;

use crate::cli::{failure::Failure, load, network_flags::NetworkFlags, run::Run};
use ravenry_base::{
    output,
    report::{Problem, Problems},
};
use ravenry_config::resolve::{BotSpec, ServerSpec};
use ravenry_outbound::{
    Egress,
    poe::{Addresses, Connections},
};

/// What stands at the end of its help.
const EXAMPLES: &str = "\
Examples:
  ravenry sync bots/cat";

/// `ravenry sync`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Sync {
    /// A directory of bots, a bot's own directory, or a `ravenry.toml`
    #[arg(value_name = "DIR|FILE", default_value = ".")]
    pub source: PathBuf,
    /// Where other servers are.
    #[command(flatten)]
    pub network: NetworkFlags,
}

impl Run for Sync {
    fn run(&self) -> Result<(), Failure> {
        let mut spec = load::strict(&self.source, load::WORLD)?;
        self.network.apply(&mut spec);
        let bots: Vec<(&str, &BotSpec)> = spec
            .tenants
            .iter()
            .flat_map(|tenant| &tenant.bots)
            .filter_map(|bot| Some((bot.poe_name.as_deref()?, bot)))
            .filter(|(_, bot)| !bot.access_keys.is_empty())
            .collect();
        if bots.is_empty() {
            return Err(Failure::Usage(
                Problem {
                    message: "no bot here has a name and a key at the platform".to_owned(),
                    hint: Some(
                        "give it both in its manifest: `poe = { name = \"…\", access_key = { env = \"…\" } }`"
                            .to_owned(),
                    ),
                    ..Problem::default()
                }
                .into(),
            ));
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::usage(&error))?;
        let refused = runtime.block_on(all(&spec, &bots));
        if refused.is_empty() {
            Ok(())
        } else {
            Err(Failure::Failed(Problems(refused)))
        }
    }
}

async fn all(spec: &ServerSpec, bots: &[(&str, &BotSpec)]) -> Vec<Problem> {
    let addresses = Addresses {
        api: spec.poe.api.clone(),
        upload: spec.poe.upload.clone(),
        files: spec.poe.files.clone(),
    };
    let egress = Egress::new(spec.private_hosts.clone());
    let platform = Connections::new(&egress, &egress.part(), addresses);
    let mut refused = Vec::new();
    for (name, bot) in bots {
        let client = platform.client(bot.access_keys.first().cloned());
        match client.fetch_settings(name).await {
            Ok(()) => output::print(&format!("{name}: the platform has the settings\n")),
            Err(error) => refused.push(Problem {
                message: format!("the platform did not take the settings of `{name}`"),
                causes: vec![error.to_string()],
                place: Some(bot.place.clone()),
                hint: Some(
                    "is the bot served where the platform can reach it, under this name and key?"
                        .to_owned(),
                ),
            }),
        }
    }
    refused
}
