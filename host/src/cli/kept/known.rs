//! Whether there are a tenant and a bot of the names that were typed: the operator's file names them, or something is
//! kept of them, or once was.
//!
//! What is kept outlives the bot: one that nobody mounts any more is known by it.

use std::collections::BTreeSet;

use super::{place::Opened, refusal};
use crate::cli::failure::Failure;
use ravenry_base::report::{Place, Problem};
use ravenry_config::{
    ids::{self, BotName, TenantName},
    resolve::ServerSpec,
};
use ravenry_protocol::shown::Escaped;
use ravenry_store::{OwnerUsage, PAGE_MAX};

/// Names that one message shows.
const SHOWN_MAX: usize = 10;

impl Opened {
    /// Refuses a tenant, or a bot of it, of which nobody has heard; `typed` is the tenant, if it was typed.
    ///
    /// Where neither was typed and nothing is kept at all, there is nothing to refuse.
    ///
    /// # Errors
    /// There is none; or what is kept cannot be read.
    pub(in crate::cli) async fn known(
        &self,
        typed: Option<&TenantName>,
        tenant: &TenantName,
        bot: Option<&BotName>,
    ) -> Result<(), Failure> {
        if self.is_known(tenant, bot).await? {
            return Ok(());
        }
        let owners = self.owners().await?;
        if owners.is_empty() && typed.is_none() && bot.is_none() {
            return Ok(());
        }
        let is_of_tenant = self.is_known(tenant, None).await?;
        let known = Known::new(&owners, self.spec.as_ref());
        let (tenant, bot) = (tenant.as_str(), bot.map(BotName::as_str));
        let (message, hint) = match bot {
            Some(bot) if is_of_tenant => (
                format!("tenant `{tenant}` has no bot `{bot}`"),
                known.instead_of_bot(tenant, bot),
            ),
            bot => (
                format!("there is no tenant `{tenant}`"),
                known.instead_of_tenant(tenant, bot),
            ),
        };
        let cause = match &self.spec {
            Some(_) => "the operator's file does not name it, and nothing was ever kept of it",
            None => "nothing was ever kept of it",
        };
        let unread = self.spec.iter();
        let unread = unread.flat_map(|spec| unread_files(spec, tenant, bot.unwrap_or_default()));
        Err(Failure::Usage(
            Problem {
                message,
                causes: [cause.to_owned()].into_iter().chain(unread).collect(),
                place: Some(Place::whole(&self.place)),
                hint: Some(hint),
            }
            .into(),
        ))
    }

    /// Whether there are this tenant and this bot.
    ///
    /// # Errors
    /// What is kept cannot be read.
    pub(in crate::cli) async fn is_known(
        &self,
        tenant: &TenantName,
        bot: Option<&BotName>,
    ) -> Result<bool, Failure> {
        let mut declared = self.spec.iter().flat_map(declared);
        if declared.any(|(of, name)| of == tenant && (bot.is_none() || name == bot)) {
            return Ok(true);
        }
        let bots = self.store.bots(tenant.as_str()).await;
        let mut bots = bots.map_err(|error| refusal::unread(&error))?.into_iter();
        Ok(bots.any(|name| bot.is_none_or(|bot| bot.as_str() == name)))
    }

    /// All bots that keep something, with how much.
    ///
    /// # Errors
    /// They cannot be read.
    pub(in crate::cli) async fn owners(&self) -> Result<Vec<OwnerUsage>, Failure> {
        let mut owners: Vec<OwnerUsage> = Vec::new();
        loop {
            let last = owners.last();
            let behind = last.map(|last| (last.tenant.as_str(), last.bot.as_str()));
            let page = self.store.owners(behind, PAGE_MAX).await;
            let page = page.map_err(|error| refusal::unread(&error))?;
            if page.is_empty() {
                return Ok(owners);
            }
            owners.extend(page);
        }
    }
}

/// Tenants of the operator's file and their bots, those too that something is wrong with; of a tenant, also none.
fn declared(spec: &ServerSpec) -> impl Iterator<Item = (&TenantName, Option<&BotName>)> {
    let tenants = spec.tenants.iter().map(|tenant| (&tenant.name, None));
    let bots = spec.tenants.iter().flat_map(|tenant| &tenant.bots);
    let bots = bots
        .chain(&spec.aside)
        .map(|bot| (&bot.tenant, Some(&bot.name)));
    let refused = spec.refused.iter();
    let refused = refused.map(|refused| (&refused.tenant, refused.bot.as_ref()));
    tenants.chain(bots).chain(refused)
}

/// Why the operator's file may have a bot that is not found: what of its tenant cannot be read.
pub(super) fn unread_files<'s>(
    spec: &'s ServerSpec,
    tenant: &'s str,
    bot: &'s str,
) -> impl Iterator<Item = String> + 's {
    let refused = spec.refused.iter().filter(move |refused| {
        let name = refused.bot.as_ref();
        refused.tenant.as_str() == tenant && name.is_none_or(|name| name.as_str() == bot)
    });
    refused.map(|refused| refused.problem.message.clone())
}

/// The names that there are: bots, each behind its tenant, and tenants; of both none comes twice.
struct Known<'k> {
    bots: BTreeSet<(&'k str, &'k str)>,
    tenants: BTreeSet<&'k str>,
}

impl<'k> Known<'k> {
    fn new(owners: &'k [OwnerUsage], spec: Option<&'k ServerSpec>) -> Self {
        let kept = owners.iter();
        let mut bots: BTreeSet<_> = kept
            .map(|owner| (owner.tenant.as_str(), owner.bot.as_str()))
            .collect();
        let mut tenants: BTreeSet<_> = bots.iter().map(|(tenant, _)| *tenant).collect();
        for (tenant, bot) in spec.into_iter().flat_map(declared) {
            tenants.insert(tenant.as_str());
            bots.extend(bot.map(|bot| (tenant.as_str(), bot.as_str())));
        }
        Self { bots, tenants }
    }

    /// What to name in place of a tenant that there is not.
    fn instead_of_tenant(&self, tenant: &str, bot: Option<&str>) -> String {
        let others = bot.and_then(|bot| self.of_others(bot));
        let nearest = ids::nearest(tenant, self.tenants.iter().copied());
        match nearest.map(|meant| format!("did you mean `{meant}`?")) {
            Some(meant) => meant,
            None => others.unwrap_or_else(|| match named(self.tenants.iter().copied()) {
                Some(names) => format!("name one with --tenant: {names}"),
                None => "nothing is kept here at all: is this the store of the server?".to_owned(),
            }),
        }
    }

    /// What to name in place of a bot that this tenant has not.
    fn instead_of_bot(&self, tenant: &str, bot: &str) -> String {
        let own = || {
            let own = self.bots.iter().filter(|(of, _)| *of == tenant);
            own.map(|(_, bot)| *bot)
        };
        if let Some(meant) = ids::nearest(bot, own()) {
            return format!("did you mean `{meant}`?");
        }
        let others = self.of_others(bot);
        others.unwrap_or_else(|| match named(own()) {
            Some(names) => format!("there are {names}"),
            None => "`ravenry store ls` shows which bots keep something".to_owned(),
        })
    }

    /// Where another tenant has a bot of this name.
    fn of_others(&self, bot: &str) -> Option<String> {
        let (tenant, _) = self.bots.iter().find(|(_, name)| *name == bot)?;
        let tenant = Escaped(tenant);
        Some(format!("tenant `{tenant}` has one: --tenant {tenant}"))
    }
}

/// Names in a row, as many as a person reads.
fn named<'n>(names: impl Iterator<Item = &'n str>) -> Option<String> {
    let all: Vec<_> = names.map(|name| format!("`{}`", Escaped(name))).collect();
    let shown = all.get(..SHOWN_MAX).unwrap_or(&all).join(", ");
    let more = all.len().saturating_sub(SHOWN_MAX);
    match (all.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(shown),
        (false, more) => Some(format!("{shown} and {more} more")),
    }
}
