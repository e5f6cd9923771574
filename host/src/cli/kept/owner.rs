//! Whose entries are meant: flags for a tenant, a bot and a bucket, and what the operator's file says of them.

use clap::Args;

use super::{known, place::Opened, refusal};
use crate::cli::failure::Failure;
use ravenry_base::report::Problem;
use ravenry_config::{
    ids::{self, BotName, TenantName},
    resolve::{BotSpec, ServerSpec},
};
use ravenry_gateway::store::terms::{self, StoreTerms};
use ravenry_store::{
    Bucket, BucketFilter, EntryFilter, EntryInfo, EntryPlace, PAGE_MAX, Scope, WritePolicy,
};

/// Whose bots.
#[derive(Debug, Args)]
pub(crate) struct TenantFlag {
    /// Whose bot it is [default: the tenant of the operator's file, if it has one; without a file `local`, as with
    /// `ravenry up`]
    #[arg(long, value_name = "NAME", value_parser = tenant)]
    pub tenant: Option<TenantName>,
}

/// A bucket that is a person's or a conversation's.
#[derive(Debug, Args)]
pub(crate) struct BucketFlags {
    /// The bucket of this person, by the id that Poe has for them
    #[arg(long, value_name = "ID", value_parser = id, conflicts_with = "conversation")]
    pub user: Option<String>,
    /// The bucket of this conversation, by the id that Poe has for it
    #[arg(long, value_name = "ID", value_parser = id)]
    pub conversation: Option<String>,
}

/// One bucket of one bot.
#[derive(Debug, Args)]
pub(crate) struct ScopeFlags {
    /// The bot; its own bucket is meant, unless --user or --conversation names another
    #[arg(long, value_name = "NAME", value_parser = bot)]
    pub bot: BotName,
    /// Whose bucket.
    #[command(flatten)]
    pub bucket: BucketFlags,
    /// Whose bot.
    #[command(flatten)]
    pub tenant: TenantFlag,
}

fn tenant(text: &str) -> Result<TenantName, String> {
    TenantName::parse(text).map_err(|error| error.to_string())
}

/// Reads the name of a bot.
pub(in crate::cli) fn bot(text: &str) -> Result<BotName, String> {
    BotName::parse(text).map_err(|error| error.to_string())
}

/// Reads the identifier of a person or a conversation. An empty one is a variable that was not set: no server keeps anything under it.
pub(in crate::cli) fn id(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    Ok(text.to_owned())
}

impl BucketFlags {
    /// The bucket, if one is named.
    pub(in crate::cli) fn bucket(&self) -> Option<Bucket> {
        let user = self.user.clone().map(Bucket::User);
        user.or_else(|| self.conversation.clone().map(Bucket::Conversation))
    }
}

impl ScopeFlags {
    /// The scope; its bot need not be known.
    ///
    /// # Errors
    /// It is not said whose the bot is.
    pub(in crate::cli) fn scope(&self, opened: &Opened) -> Result<Scope, Failure> {
        Ok(Scope {
            tenant: opened.tenant(&self.tenant)?.to_string(),
            bot: self.bot.to_string(),
            bucket: self.bucket.bucket().unwrap_or(Bucket::Bot),
        })
    }

    /// The scope of a bot that there is.
    ///
    /// # Errors
    /// There is no such bot; or it is not said whose it is.
    pub(in crate::cli) async fn scope_of_known(&self, opened: &Opened) -> Result<Scope, Failure> {
        let tenant = opened.tenant(&self.tenant)?;
        opened
            .known(self.tenant.tenant.as_ref(), &tenant, Some(&self.bot))
            .await?;
        self.scope(opened)
    }
}

impl Opened {
    /// The tenant that is meant.
    ///
    /// # Errors
    /// The operator's file has several.
    pub(in crate::cli) fn tenant(&self, given: &TenantFlag) -> Result<TenantName, Failure> {
        let tenants = self.spec.as_ref().map(|spec| spec.tenants.as_slice());
        match (&given.tenant, tenants) {
            (Some(tenant), _) => Ok(tenant.clone()),
            (None, None) => Ok(TenantName::local()),
            (None, Some([only])) => Ok(only.name.clone()),
            (None, Some(tenants)) => {
                let names = tenants.iter().map(|tenant| format!("`{}`", tenant.name));
                let names = names.collect::<Vec<_>>().join(", ");
                Err(Failure::Usage(
                    Problem {
                        message: "the operator's file has several tenants".to_owned(),
                        hint: Some(format!("name one with --tenant: {names}")),
                        ..Problem::default()
                    }
                    .into(),
                ))
            }
        }
    }

    /// All entries of these, a page after the other, until `take` wants no more.
    ///
    /// # Errors
    /// They cannot be read.
    pub(in crate::cli) async fn each(
        &self,
        filter: &EntryFilter,
        mut take: impl FnMut(EntryInfo) -> bool,
    ) -> Result<(), Failure> {
        let mut after: Option<EntryPlace> = None;
        loop {
            let page = self.store.entries(filter, after.as_ref(), PAGE_MAX).await;
            let page = page.map_err(|error| refusal::unread(&error))?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.place.clone());
            if !page.into_iter().all(&mut take) {
                return Ok(());
            }
        }
    }

    /// What holds for a write: as for the bot, where the operator's file is known, else the defaults.
    ///
    /// # Errors
    /// The file has no such bot.
    pub(in crate::cli) fn policy(&self, scope: &Scope) -> Result<WritePolicy, Failure> {
        let Some(spec) = &self.spec else {
            return Ok(WritePolicy::default());
        };
        let mut tenants = spec.tenants.iter();
        let tenant = tenants.find(|tenant| tenant.name.as_str() == scope.tenant);
        let bots = tenant.iter().flat_map(|tenant| &tenant.bots);
        let is_it =
            |bot: &&BotSpec| bot.name.as_str() == scope.bot && bot.tenant.as_str() == scope.tenant;
        let bot = bots.chain(&spec.aside).find(is_it);
        let (Some(tenant), Some(bot)) = (tenant, bot) else {
            return Err(unknown(spec, scope));
        };
        let terms = StoreTerms::new(&bot.limits, terms::bounds(tenant), bot.store_ttl);
        Ok(terms.of(&scope.bucket))
    }
}

/// Which entries.
pub(in crate::cli) fn filter(
    tenant: &TenantName,
    bot: Option<&BotName>,
    bucket: Option<Bucket>,
) -> EntryFilter {
    EntryFilter {
        tenant: tenant.to_string(),
        bot: bot.map(ToString::to_string),
        buckets: bucket.map_or(BucketFilter::All, BucketFilter::Only),
    }
}

/// A bot of which the file says nothing, or nothing that can be read.
fn unknown(spec: &ServerSpec, scope: &Scope) -> Failure {
    let (tenant, bot) = (scope.tenant.as_str(), scope.bot.as_str());
    let causes: Vec<_> = known::unread_files(spec, tenant, bot).collect();
    let of_tenant = spec.tenants.iter().flat_map(|tenant| &tenant.bots);
    let of_tenant = of_tenant.filter(|bot| bot.tenant.as_str() == tenant);
    let nearest = ids::nearest(bot, of_tenant.map(|bot| bot.name.as_str()));
    let hint = match nearest.filter(|_| causes.is_empty()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`ravenry serve --check` says what is wrong with its files".to_owned(),
    };
    let problem = Problem {
        message: format!("the operator's file has no bot `{bot}` of tenant `{tenant}`"),
        causes,
        hint: Some(hint),
        ..Problem::default()
    };
    Failure::Usage(problem.into())
}
