//! Whose documents are meant: flags for a tenant, a bot and a person.

use clap::Args;

use crate::cli::{
    failure::Failure,
    kept::{
        owner::{self, TenantFlag},
        place::Opened,
    },
};
use ravenry_config::ids::BotName;
use ravenry_protocol::shown::Escaped;
use ravenry_store::{Bucket, Scope};

/// One collection of one bot.
#[derive(Debug, Args)]
pub(crate) struct CollectionFlags {
    /// The bot; what it knows for all is meant, unless --user names a person
    #[arg(long, value_name = "NAME", value_parser = owner::bot)]
    pub bot: BotName,
    /// What it knows for this person alone, by the id that Poe has for them
    #[arg(long, value_name = "ID", value_parser = owner::id)]
    pub user: Option<String>,
    /// Whose bot.
    #[command(flatten)]
    pub tenant: TenantFlag,
}

impl CollectionFlags {
    /// The scope; its bot need not be known.
    ///
    /// # Errors
    /// It is not said whose the bot is.
    pub(super) fn scope(&self, opened: &Opened) -> Result<Scope, Failure> {
        Ok(Scope {
            tenant: opened.tenant(&self.tenant)?.to_string(),
            bot: self.bot.to_string(),
            bucket: bucket(self.user.as_deref()),
        })
    }

    /// The scope of a bot that there is.
    ///
    /// # Errors
    /// There is no such bot; or it is not said whose it is.
    pub(super) async fn scope_of_known(&self, opened: &Opened) -> Result<Scope, Failure> {
        let tenant = opened.tenant(&self.tenant)?;
        opened
            .known(self.tenant.tenant.as_ref(), &tenant, Some(&self.bot))
            .await?;
        self.scope(opened)
    }
}

/// The bucket of a person, or else of the bot.
pub(super) fn bucket(user: Option<&str>) -> Bucket {
    user.map_or(Bucket::Bot, |user| Bucket::User(user.to_owned()))
}

/// Whose collection it is, in words, on one line.
pub(super) fn whose(scope: &Scope) -> String {
    let (bot, tenant) = (&scope.bot, &scope.tenant);
    let of_bot = format!("bot `{bot}` of tenant `{tenant}`");
    match &scope.bucket {
        Bucket::User(id) => format!("{of_bot} for user `{}`", Escaped(id)),
        Bucket::Bot | Bucket::Conversation(_) => of_bot,
    }
}
