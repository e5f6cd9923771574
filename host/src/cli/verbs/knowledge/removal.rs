//! `ravenry knowledge rm`: removes documents, by their identifiers or all of a collection.

use std::io::{self, IsTerminal as _};

use clap::Args;

use super::collection::{CollectionFlags, whose};
use crate::cli::{
    failure::Failure,
    formatting::counted,
    kept::{
        agreement,
        place::{Opened, PlaceFlags},
        refusal,
    },
};
use ravenry_base::{
    output,
    report::{Problem, Problems},
};
use ravenry_protocol::shown::Escaped;
use ravenry_store::Scope;

/// `ravenry knowledge rm`
#[derive(Debug, Args)]
pub(crate) struct Rm {
    /// The identifiers of the documents, as `ls` shows them
    #[arg(
        value_name = "ID",
        required_unless_present = "all",
        conflicts_with = "all"
    )]
    pub ids: Vec<String>,
    /// Of which collection.
    #[command(flatten)]
    pub collection: CollectionFlags,
    /// Remove all documents of the collection
    #[arg(long)]
    pub all: bool,
    /// Do not ask, at a terminal, whether all are meant
    #[arg(long)]
    pub yes: bool,
}

impl Rm {
    pub(super) async fn run(&self, place: &PlaceFlags) -> Result<(), Failure> {
        let opened = place.open(self.collection.tenant.tenant.as_ref()).await?;
        let scope = self.collection.scope_of_known(&opened).await?;
        if self.all {
            self.clear(&opened, &scope).await
        } else {
            self.remove(&opened, &scope).await
        }
    }

    async fn remove(&self, opened: &Opened, scope: &Scope) -> Result<(), Failure> {
        let (mut removed, mut missing) = (0_u64, Vec::new());
        // One by one, as it is said which are not there.
        for id in &self.ids {
            let done = opened.store.remove_documents(scope, &[id]).await;
            let shown = Escaped(id);
            let message =
                || format!("the document `{shown}` was not removed, nor were those behind it");
            match done.map_err(|error| refusal::undone(message(), &error))? {
                0 => missing.push(Problem {
                    message: format!("{} has no document `{shown}`", whose(scope)),
                    ..Problem::default()
                }),
                some => removed = removed.saturating_add(some),
            }
        }
        told(removed);
        Problems(missing).or(()).map_err(Failure::Failed)
    }

    async fn clear(&self, opened: &Opened, scope: &Scope) -> Result<(), Failure> {
        if !self.yes && io::stdin().is_terminal() {
            let state = opened.store.collection(scope).await;
            let state = state.map_err(|error| refusal::unread(&error))?;
            let documents = counted(state.documents, "document");
            if !agreement::agreed(&format!("Remove {documents} of {}", whose(scope)))? {
                output::tell("Nothing was removed");
                return Err(Failure::Shown);
            }
        }
        let removed = opened.store.clear_documents(scope).await;
        let message = "a part may be left; what is removed stays so when this is done again";
        told(removed.map_err(|error| refusal::undone(message, &error))?);
        Ok(())
    }
}

fn told(removed: u64) {
    output::print(&format!("Removed {}\n", counted(removed, "document")));
}
