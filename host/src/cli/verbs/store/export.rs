//! `ravenry store export`: entries with their values, as lines of JSON; for a person who asks what is kept of
//! them, too.

use clap::Args;

use super::entry_json;
use crate::cli::{
    failure::Failure,
    kept::{
        owner::{self, BucketFlags, TenantFlag},
        place::PlaceFlags,
        refusal,
    },
};
use ravenry_base::output;
use ravenry_config::ids::BotName;
use ravenry_store::{EntryPlace, PAGE_MAX};

/// `ravenry store export`
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// What this bot keeps [default: all bots of the tenant]
    #[arg(long, value_name = "NAME", value_parser = owner::bot)]
    pub bot: Option<BotName>,
    /// Whose entries.
    #[command(flatten)]
    pub bucket: BucketFlags,
    /// Whose bots.
    #[command(flatten)]
    pub tenant: TenantFlag,
}

impl Export {
    pub(super) async fn run(&self, place: &PlaceFlags) -> Result<(), Failure> {
        let opened = place.open(self.tenant.tenant.as_ref()).await?;
        let tenant = opened.tenant(&self.tenant)?;
        opened
            .known(self.tenant.tenant.as_ref(), &tenant, self.bot.as_ref())
            .await?;
        let filter = owner::filter(&tenant, self.bot.as_ref(), self.bucket.bucket());
        let mut after: Option<EntryPlace> = None;
        loop {
            let page = opened.store.export(&filter, after.as_ref(), PAGE_MAX).await;
            let page = page
                .map_err(|error| refusal::undone("the export ends here, before its end", &error))?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.info.place.clone());
            for entry in &page {
                let value = Some(entry.value.as_slice());
                output::print(&entry_json::line(tenant.as_str(), &entry.info, value));
            }
        }
    }
}
