//! `ravenry knowledge`: the documents that bots know, for whoever runs them: lists them, adds some, removes some,
//! searches them.
//!
//! It works beside a gateway that serves with the same database, and makes no store where there is none. What
//! comes out of the store was written by others: people see it escaped, programs as JSON.

mod add;
mod batches;
mod collection;
mod listing;
mod reading;
mod removal;
mod search;

use clap::{Args, Subcommand};

use self::{add::Add, listing::Ls, removal::Rm, search::Search};
use crate::cli::{failure::Failure, kept::place::PlaceFlags, run::Run};

/// What stands at the end of its help.
const EXAMPLES: &str = "\
Examples:
  ravenry knowledge ls                          # bots, and how many documents they know
  ravenry knowledge ls --bot guide              # the documents of one
  ravenry knowledge add --bot guide docs/a.md docs/b.pdf
  ravenry knowledge add --bot guide --user u-1 --id letter -
  ravenry knowledge rm --bot guide docs/a.md
  ravenry knowledge search --bot guide how much is a month
  ravenry knowledge search --bot guide --knowledge-model models/all-MiniLM-L6-v2 how much is a month";

/// `ravenry knowledge`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Knowledge {
    /// What to do with it.
    #[command(subcommand)]
    pub verb: KnowledgeVerb,
    /// Where it is.
    #[command(flatten)]
    pub place: PlaceFlags,
}

/// What to do with the documents that bots know.
#[derive(Debug, Subcommand)]
pub(crate) enum KnowledgeVerb {
    /// List bots with how many documents they know, or the documents of one
    Ls(Ls),
    /// Add documents from files, each in the place of the one that has its identifier
    Add(Add),
    /// Remove documents
    Rm(Rm),
    /// Show the passages that a question finds, best first
    Search(Search),
}

impl Run for Knowledge {
    fn run(&self) -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::usage(&error))?;
        let place = &self.place;
        runtime.block_on(async {
            match &self.verb {
                KnowledgeVerb::Ls(verb) => verb.run(place).await,
                KnowledgeVerb::Add(verb) => verb.run(place).await,
                KnowledgeVerb::Rm(verb) => verb.run(place).await,
                KnowledgeVerb::Search(verb) => verb.run(place).await,
            }
        })
    }
}
