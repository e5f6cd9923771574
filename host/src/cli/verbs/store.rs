//! `ravenry store`: what bots keep, for whoever runs them: looks at it, changes it, exports it, forgets a person,
//! backs it up.
//!
//! It works beside a gateway that serves with the same database, and makes no store where there is none. What
//! comes out of the store was written by bots: people see it escaped, programs as JSON or as it is.

mod backup;
mod entry_json;
mod export;
mod forget;
mod listing;
mod values;

use clap::{Args, Subcommand};

use self::{
    backup::Backup,
    export::Export,
    forget::Forget,
    listing::Ls,
    values::{Get, Rm, Set},
};
use crate::cli::{failure::Failure, kept::place::PlaceFlags, run::Run};

/// What stands at the end of its help.
const EXAMPLES: &str = "\
Examples:
  ravenry store ls                              # bots, and how much they keep
  ravenry store ls --bot cat --user u-1         # what cat keeps of a person
  ravenry store get --bot cat visits            # of what it keeps for all
  ravenry store set --bot cat --user u-1 city Basel
  ravenry store export --user u-1 > u-1.jsonl   # all that is kept of a person
  ravenry store forget --user u-1
  ravenry store backup store.backup";

/// `ravenry store`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Store {
    /// What to do with it.
    #[command(subcommand)]
    pub verb: StoreVerb,
    /// Where it is.
    #[command(flatten)]
    pub place: PlaceFlags,
}

/// What to do with what bots keep.
#[derive(Debug, Subcommand)]
pub(crate) enum StoreVerb {
    /// List bots with how much they keep, or the keys of one
    Ls(Ls),
    /// Print a value as it is
    Get(Get),
    /// Set the value of a key, whether or not it has one
    Set(Set),
    /// Remove keys
    Rm(Rm),
    /// Print what is kept with its values, as JSON, a line for each
    Export(Export),
    /// Remove all that is kept of a person, or of a conversation
    Forget(Forget),
    /// Write a copy of all of it to a new file, also while a server runs
    Backup(Backup),
}

impl Run for Store {
    fn run(&self) -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::usage(&error))?;
        let place = &self.place;
        runtime.block_on(async {
            match &self.verb {
                StoreVerb::Ls(verb) => verb.run(place).await,
                StoreVerb::Get(verb) => verb.run(place).await,
                StoreVerb::Set(verb) => verb.run(place).await,
                StoreVerb::Rm(verb) => verb.run(place).await,
                StoreVerb::Export(verb) => verb.run(place).await,
                StoreVerb::Forget(verb) => verb.run(place).await,
                StoreVerb::Backup(verb) => verb.run(place).await,
            }
        })
    }
}
