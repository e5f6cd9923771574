//! `ravenry knowledge add`: puts documents from files into a collection.

use std::{
    io::{self, IsTerminal as _},
    path::PathBuf,
};

use bytesize::ByteSize;
use clap::Args;

use super::{
    batches::{Batches, Put},
    collection::CollectionFlags,
    reading::{self, DocumentFlags},
};
use crate::cli::{
    failure::Failure,
    formatting::{as_u64, counted},
    kept::place::PlaceFlags,
    progress::Progress,
};
use ravenry_base::{
    output,
    report::{Problem, Problems},
};
use ravenry_protocol::shown::Escaped;

/// `ravenry knowledge add`
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// The files: Markdown, HTML, PDF and text, as their names end; `-` is what comes from standard input, Markdown
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// In which collection.
    #[command(flatten)]
    pub collection: CollectionFlags,
    /// What is said of them.
    #[command(flatten)]
    pub document: DocumentFlags,
}

impl Add {
    pub(super) async fn run(&self, place: &PlaceFlags) -> Result<(), Failure> {
        self.check()?;
        let opened = place.open(self.collection.tenant.tenant.as_ref()).await?;
        let scope = self.collection.scope(&opened)?;
        let policy = opened.policy(&scope)?;
        // Without the operator's file, any name may be a bot that is to have its first document.
        let tenant = opened.tenant(&self.collection.tenant)?;
        let bot = &self.collection.bot;
        let is_known = opened.is_known(&tenant, Some(bot)).await?;
        let mut batches = Batches::new(&opened.store, &scope, &policy);
        let ended = self.read_all(&mut batches).await;
        let (put, mut refused) = batches.end();
        if !is_known && !put.is_empty() {
            output::tell(&format!(
                "This is the first that is kept of bot `{bot}` of tenant `{tenant}`"
            ));
        }
        for put in &put {
            output::print(&line(put));
        }
        let documents = counted(as_u64(put.len()), "document");
        output::print(&format!("Added {documents}\n"));
        refused.extend(
            ended
                .err()
                .into_iter()
                .flat_map(|why| why.into_problems().0),
        );
        Problems(refused).or(()).map_err(Failure::Failed)
    }

    /// Refuses what is said of one document and meant for several.
    fn check(&self) -> Result<(), Failure> {
        let flags = [
            ("--id", self.document.id.is_some()),
            ("--title", self.document.title.is_some()),
        ];
        let given = flags.into_iter().find(|(_, is_given)| *is_given);
        if let Some((flag, _)) = given.filter(|_| self.files.len() > 1) {
            return Err(Failure::Usage(
                Problem {
                    message: format!(
                        "{flag} is for a single document, and these are {}",
                        self.files.len()
                    ),
                    hint: Some("add them one by one, or without it".to_owned()),
                    ..Problem::default()
                }
                .into(),
            ));
        }
        let mut files = self.files.iter();
        if files.any(|file| reading::is_stdin(file)) && self.document.id.is_none() {
            return Err(Failure::Usage(
                Problem {
                    message: "what comes from standard input has no name".to_owned(),
                    hint: Some("name it with --id".to_owned()),
                    ..Problem::default()
                }
                .into(),
            ));
        }
        Ok(())
    }

    /// Reads one file after the other, and puts what is in them.
    async fn read_all(&self, batches: &mut Batches<'_>) -> Result<(), Failure> {
        // Elsewhere than at a terminal nobody waits, and what was put is said in the end.
        let is_shown = self.files.len() > 1 && io::stderr().is_terminal();
        let progress = is_shown.then(Progress::start);
        let put = self.read_each(batches, progress.as_ref()).await;
        if let Some(progress) = progress {
            progress.end();
        }
        put
    }

    async fn read_each(
        &self,
        batches: &mut Batches<'_>,
        progress: Option<&Progress>,
    ) -> Result<(), Failure> {
        let all = self.files.len();
        for (file, number) in self.files.iter().zip(1_usize..) {
            if let Some(progress) = progress {
                let file = file.display();
                progress.say(&format!("Reading {number} of {all}: {file}"));
            }
            // It waits for another process, and nothing else is to be done here meanwhile.
            match reading::read(file, &self.document) {
                Ok(document) => batches.take(document).await?,
                Err(problem) => batches.refuse(problem),
            }
        }
        batches.flush().await
    }
}

/// What was put, as a line.
fn line(put: &Put) -> String {
    let (id, size) = (Escaped(&put.id), ByteSize::b(as_u64(put.bytes)));
    let cut = if put.is_cut {
        ", which is not all that is in the file"
    } else {
        ""
    };
    format!("`{id}`: {size} of text{cut}\n")
}
