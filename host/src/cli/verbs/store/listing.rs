//! `ravenry store ls`: bots with how much they keep, or the keys of one, of a person or of a conversation.

use std::fmt::Write as _;

use bytesize::ByteSize;
use clap::Args;
use comfy_table::Table;
use serde_json::json;

use super::entry_json;
use crate::cli::{
    failure::Failure,
    formatting::{LINE_BELOW_HEADER, as_u64},
    kept::{
        moment::moment,
        owner::{self, BucketFlags, TenantFlag},
        place::{Opened, PlaceFlags},
    },
};
use ravenry_base::{output, report::Problem};
use ravenry_config::ids::BotName;
use ravenry_protocol::shown::{self, Escaped};
use ravenry_store::{EntryInfo, OwnerUsage};

/// Most characters of a key that a table shows: with the other columns, a line of a wide terminal.
const KEY_CHARACTERS_MAX: usize = 80;

/// Rows of a table; nobody reads more, and all of them are in memory.
const ROWS_MAX: usize = 1_000;

/// `ravenry store ls`
#[derive(Debug, Args)]
pub(crate) struct Ls {
    /// Only keys that begin with this
    #[arg(value_name = "PREFIX")]
    pub prefix: Option<String>,
    /// The keys of this bot
    #[arg(long, value_name = "NAME", value_parser = owner::bot)]
    pub bot: Option<BotName>,
    /// Whose keys.
    #[command(flatten)]
    pub bucket: BucketFlags,
    /// Whose bots.
    #[command(flatten)]
    pub tenant: TenantFlag,
    /// Print all of it as JSON, a line for each, for programs
    #[arg(long)]
    pub json: bool,
}

impl Ls {
    pub(super) async fn run(&self, place: &PlaceFlags) -> Result<(), Failure> {
        let bucket = self.bucket.bucket();
        let is_of_bots = self.bot.is_none() && bucket.is_none();
        if let Some(prefix) = self.prefix.as_ref().filter(|_| is_of_bots) {
            return Err(Failure::Usage(
                Problem {
                    message: format!("`{prefix}` is the beginning of keys, and no bot is named"),
                    hint: Some("name one with --bot, or a person with --user".to_owned()),
                    ..Problem::default()
                }
                .into(),
            ));
        }
        let opened = place.open(self.tenant.tenant.as_ref()).await?;
        if is_of_bots {
            self.bots(&opened).await
        } else {
            self.keys(&opened).await
        }
    }

    /// Bots of all tenants, or of one.
    async fn bots(&self, opened: &Opened) -> Result<(), Failure> {
        let mut owners = opened.owners().await?;
        if let Some(tenant) = &self.tenant.tenant {
            opened
                .known(self.tenant.tenant.as_ref(), tenant, None)
                .await?;
            owners.retain(|owner| owner.tenant == tenant.as_str());
        }
        if self.json {
            for owner in &owners {
                let line = json!({
                    "tenant": owner.tenant, "bot": owner.bot,
                    "keys": owner.usage.keys, "bytes": owner.usage.bytes,
                });
                output::print(&(shown::json(&line.to_string()) + "\n"));
            }
        } else if owners.is_empty() {
            let of = self.tenant.tenant.as_ref();
            let of = of.map_or_else(String::new, |tenant| format!(" of tenant `{tenant}`"));
            output::tell(&format!("Nothing is kept{of} in {}", opened.place));
        } else {
            output::print(&table_of_bots(&owners));
        }
        Ok(())
    }

    async fn keys(&self, opened: &Opened) -> Result<(), Failure> {
        let tenant = opened.tenant(&self.tenant)?;
        opened
            .known(self.tenant.tenant.as_ref(), &tenant, self.bot.as_ref())
            .await?;
        let filter = owner::filter(&tenant, self.bot.as_ref(), self.bucket.bucket());
        let prefix = self.prefix.as_deref().unwrap_or_default();
        let mut rows: Vec<EntryInfo> = Vec::new();
        let take = |info: EntryInfo| {
            if !info.place.key.starts_with(prefix) {
                return true;
            }
            if self.json {
                output::print(&entry_json::line(tenant.as_str(), &info, None));
                return true;
            }
            // One more than is shown says that there are more.
            rows.push(info);
            rows.len() <= ROWS_MAX
        };
        opened.each(&filter, take).await?;
        if self.json {
            return Ok(());
        }
        if rows.is_empty() {
            output::tell("There are no such keys");
            return Ok(());
        }
        let more = rows.len() > ROWS_MAX;
        rows.truncate(ROWS_MAX);
        output::print(&self.table_of_keys(&rows));
        if more {
            output::tell(&format!(
                "These are the first {ROWS_MAX}: a PREFIX narrows them down, and --json prints all"
            ));
        }
        Ok(())
    }

    /// A row for each key; a column for bots where no one is named.
    fn table_of_keys(&self, rows: &[EntryInfo]) -> String {
        let mut table = Table::new();
        table.load_preset(LINE_BELOW_HEADER);
        let of_bots = self.bot.is_none();
        let header = ["bucket", "key", "size", "expires"];
        table.set_header(of_bots.then_some("bot").into_iter().chain(header));
        for info in rows {
            let (kind, id) = entry_json::bucket(&info.place.bucket);
            let bucket = id.map_or_else(|| kind.to_owned(), |id| format!("{kind} {}", Escaped(id)));
            let expires = moment(info.expires);
            let row = [
                bucket,
                shown::name(&info.place.key, KEY_CHARACTERS_MAX),
                ByteSize::b(info.bytes).to_string(),
                expires.unwrap_or_else(|| "never".to_owned()),
            ];
            let bot = of_bots.then(|| Escaped(&info.place.bot).to_string());
            table.add_row(bot.into_iter().chain(row));
        }
        table.trim_fmt() + "\n"
    }
}

/// A row for each bot; a column for tenants where there are several.
fn table_of_bots(owners: &[OwnerUsage]) -> String {
    let first = owners.first().map(|owner| &owner.tenant);
    let several = owners.iter().any(|owner| Some(&owner.tenant) != first);
    // Of one tenant it is said too, where it is not the one that is meant without a flag.
    let of_tenants = several || first.is_some_and(|tenant| tenant != "local");
    let mut table = Table::new();
    table.load_preset(LINE_BELOW_HEADER);
    let header = ["bot", "keys", "size"];
    table.set_header(of_tenants.then_some("tenant").into_iter().chain(header));
    for owner in owners.iter().take(ROWS_MAX) {
        let row = [
            Escaped(&owner.bot).to_string(),
            owner.usage.keys.to_string(),
            ByteSize::b(owner.usage.bytes).to_string(),
        ];
        let tenant = of_tenants.then(|| Escaped(&owner.tenant).to_string());
        table.add_row(tenant.into_iter().chain(row));
    }
    let mut text = table.trim_fmt() + "\n";
    let left = as_u64(owners.len().saturating_sub(ROWS_MAX));
    if left > 0 {
        // Writing into a `String` cannot fail.
        let _ = writeln!(text, "and {left} more: --json prints all");
    }
    text
}
