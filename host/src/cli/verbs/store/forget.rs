//! `ravenry store forget`: removes all that is kept of a person, or of a conversation.
//!
//! The log of it names the tenant and how much it was, not the person: logs are kept for long, and by others.

use std::io::{self, IsTerminal as _};

use clap::Args;

use crate::cli::{
    failure::Failure,
    formatting::{as_u64, counted},
    kept::{
        agreement,
        owner::{self, BucketFlags, TenantFlag},
        place::{Opened, PlaceFlags},
        refusal,
    },
};
use ravenry_base::{output, report::Problem};
use ravenry_config::ids::{BotName, TenantName};
use ravenry_gateway::telemetry;
use ravenry_protocol::shown::Escaped;
use ravenry_store::{Bucket, EntryFilter, EntryInfo};

/// `ravenry store forget`
#[derive(Debug, Args)]
pub(crate) struct Forget {
    /// Whose entries.
    #[command(flatten)]
    pub bucket: BucketFlags,
    /// What this bot keeps [default: all bots of the tenant]
    #[arg(long, value_name = "NAME", value_parser = owner::bot)]
    pub bot: Option<BotName>,
    /// Whose bots.
    #[command(flatten)]
    pub tenant: TenantFlag,
    /// Do not ask, at a terminal
    #[arg(long)]
    pub yes: bool,
}

impl Forget {
    pub(super) async fn run(&self, place: &PlaceFlags) -> Result<(), Failure> {
        let bucket = self.bucket.bucket().ok_or_else(nobody)?;
        // On one line, whatever is in it: what is asked here must not be drawn by who chose the id.
        let whose = match &bucket {
            Bucket::Conversation(id) => format!("conversation `{}`", Escaped(id)),
            Bucket::User(id) => format!("user `{}`", Escaped(id)),
            Bucket::Bot => return Err(nobody()),
        };
        let is_user = matches!(bucket, Bucket::User(_));
        let opened = place.open(self.tenant.tenant.as_ref()).await?;
        let tenant = opened.tenant(&self.tenant)?;
        // A name that was mistyped is no success.
        opened
            .known(self.tenant.tenant.as_ref(), &tenant, self.bot.as_ref())
            .await?;
        let filter = owner::filter(&tenant, self.bot.as_ref(), Some(bucket));
        if !self.yes && io::stdin().is_terminal() && !agreed(&opened, &filter, &whose).await? {
            output::tell("Nothing was removed");
            return Err(Failure::Shown);
        }
        let removed = self.remove(&opened, &tenant, &filter).await?;
        let of = match &self.bot {
            Some(bot) => format!("bot `{bot}`"),
            None => "all bots".to_owned(),
        };
        let entries = counted(removed, "entry");
        output::print(&format!(
            "Removed {entries} of {whose}: {of} of tenant `{tenant}`\n"
        ));
        if is_user {
            output::print(
                "What bots keep by conversation is not among it: Poe names conversations apart from persons. \
                 `ravenry store forget --conversation ID` removes that. Nor is what bots keep for all.\n",
            );
        }
        Ok(())
    }

    async fn remove(
        &self,
        opened: &Opened,
        tenant: &TenantName,
        filter: &EntryFilter,
    ) -> Result<u64, Failure> {
        let _logging = telemetry::start_logging("info", telemetry::LogFormat::Auto)
            .map_err(|error| Failure::usage(&error))?;
        let bot = self.bot.as_ref().map(BotName::as_str);
        let kind = match self.bucket.user {
            Some(_) => "user",
            None => "conversation",
        };
        let removed = opened.store.remove(filter).await;
        match &removed {
            Ok(entries) => tracing::info!(
                target: "store", %tenant, bot, kind, entries, "entries were removed by request"
            ),
            Err(error) => tracing::warn!(
                target: "store", %tenant, bot, kind, %error, "entries were not all removed"
            ),
        }
        let message = "a part may be left; what is removed stays so when this is done again";
        removed.map_err(|error| refusal::undone(message, &error))
    }
}

/// Asks whether to remove so much.
async fn agreed(opened: &Opened, filter: &EntryFilter, whose: &str) -> Result<bool, Failure> {
    let (mut entries, mut bots) = (0_usize, Vec::new());
    let count = |info: EntryInfo| {
        entries = entries.saturating_add(1);
        // They come in the order of bots.
        if bots.last() != Some(&info.place.bot) {
            bots.push(info.place.bot);
        }
        true
    };
    opened.each(filter, count).await?;
    agreement::agreed(&format!(
        "Remove {} of {whose}, kept by {} of tenant `{}`",
        counted(as_u64(entries), "entry"),
        counted(as_u64(bots.len()), "bot"),
        filter.tenant,
    ))
}

/// It is not said what to remove.
fn nobody() -> Failure {
    Failure::Usage(
        Problem {
            message: "it is not said whom to forget".to_owned(),
            hint: Some("name --user ID, or --conversation ID".to_owned()),
            ..Problem::default()
        }
        .into(),
    )
}
