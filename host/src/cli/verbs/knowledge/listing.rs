//! `ravenry knowledge ls`: bots with how many documents they know, or the documents of one collection.

use std::fmt::Write as _;

use bytesize::ByteSize;
use clap::Args;
use comfy_table::Table;
use serde_json::json;

use super::collection;
use crate::cli::{
    failure::Failure,
    formatting::{LINE_BELOW_HEADER, as_u64},
    kept::{
        moment::moment,
        owner::{self, TenantFlag},
        place::{Opened, PlaceFlags},
        refusal,
    },
};
use ravenry_base::output;
use ravenry_config::ids::BotName;
use ravenry_protocol::shown::{self, Escaped};
use ravenry_store::{
    Bucket, BucketFilter, CollectionInfo, DocumentInfo, DocumentOrigin, EntryFilter, PAGE_MAX,
    Scope,
};

/// Rows of a table; nobody reads more, and all of them are in memory.
const ROWS_MAX: usize = 1_000;

/// `ravenry knowledge ls`
#[derive(Debug, Args)]
pub(crate) struct Ls {
    /// The documents of this bot: what it knows for all, unless --user names a person
    #[arg(long, value_name = "NAME", value_parser = owner::bot)]
    pub bot: Option<BotName>,
    /// What it knows for this person alone, by the id that Poe has for them
    #[arg(long, value_name = "ID", value_parser = owner::id, requires = "bot")]
    pub user: Option<String>,
    /// Whose bots.
    #[command(flatten)]
    pub tenant: TenantFlag,
    /// Print all of it as JSON, a line for each, for programs
    #[arg(long)]
    pub json: bool,
}

/// What a bot knows, all its collections together.
struct Knowing {
    tenant: String,
    bot: String,
    documents: u64,
    bytes: u64,
    /// Those that it knows for all.
    own: u64,
    /// People for whom it knows others.
    users: u64,
}

impl Ls {
    pub(super) async fn run(&self, place: &PlaceFlags) -> Result<(), Failure> {
        let opened = place.open(self.tenant.tenant.as_ref()).await?;
        match &self.bot {
            Some(bot) => self.documents(&opened, bot).await,
            None => self.bots(&opened).await,
        }
    }

    /// Bots of all tenants, or of one.
    async fn bots(&self, opened: &Opened) -> Result<(), Failure> {
        let mut tenants: Vec<String> = Vec::new();
        if let Some(tenant) = &self.tenant.tenant {
            opened.known(Some(tenant), tenant, None).await?;
            tenants.push(tenant.to_string());
        } else {
            let owners = opened.owners().await?.into_iter();
            tenants.extend(owners.map(|owner| owner.tenant));
            // They come in the order of tenants.
            tenants.dedup();
        }
        let mut all = Vec::new();
        for tenant in tenants {
            knowing(opened, tenant, &mut all).await?;
        }
        if self.json {
            for bot in &all {
                let line = json!({
                    "tenant": bot.tenant, "bot": bot.bot, "documents": bot.documents,
                    "bytes": bot.bytes, "of_bot": bot.own, "users": bot.users,
                });
                output::print(&(shown::json(&line.to_string()) + "\n"));
            }
        } else if all.is_empty() {
            let of = self.tenant.tenant.as_ref();
            let of = of.map_or_else(String::new, |tenant| format!(" of tenant `{tenant}`"));
            output::tell(&format!("No bot{of} knows a document in {}", opened.place));
        } else {
            output::print(&table_of_bots(&all));
        }
        Ok(())
    }

    async fn documents(&self, opened: &Opened, bot: &BotName) -> Result<(), Failure> {
        let tenant = opened.tenant(&self.tenant)?;
        opened
            .known(self.tenant.tenant.as_ref(), &tenant, Some(bot))
            .await?;
        let scope = Scope {
            tenant: tenant.to_string(),
            bot: bot.to_string(),
            bucket: collection::bucket(self.user.as_deref()),
        };
        let (mut rows, mut after): (Vec<DocumentInfo>, Option<String>) = (Vec::new(), None);
        // One more than is shown says that there are more.
        while self.json || rows.len() <= ROWS_MAX {
            let page = opened.store.documents(&scope, after.as_deref(), PAGE_MAX);
            let page = page.await.map_err(|error| refusal::unread(&error))?;
            let Some(last) = page.last() else {
                break;
            };
            after = Some(last.id.clone());
            if self.json {
                for info in &page {
                    output::print(&line(&scope, info));
                }
            } else {
                rows.extend(page);
            }
        }
        if self.json {
            return Ok(());
        }
        if rows.is_empty() {
            output::tell("There are no documents");
            return Ok(());
        }
        let more = rows.len() > ROWS_MAX;
        rows.truncate(ROWS_MAX);
        output::print(&table_of_documents(&rows));
        if more {
            output::tell(&format!(
                "These are the first {ROWS_MAX}: --json prints all"
            ));
        }
        Ok(())
    }
}

/// Adds the bots of a tenant that know a document.
async fn knowing(opened: &Opened, tenant: String, all: &mut Vec<Knowing>) -> Result<(), Failure> {
    let filter = EntryFilter {
        tenant,
        bot: None,
        buckets: BucketFilter::All,
    };
    let mut after = None;
    loop {
        let page = opened.store.collections(&filter, after.as_ref(), PAGE_MAX);
        let page = page.await.map_err(|error| refusal::unread(&error))?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(last.place.clone());
        for info in page {
            count(&filter.tenant, info, all);
        }
    }
}

/// Counts a collection for its bot; they come in the order of bots.
fn count(tenant: &str, info: CollectionInfo, all: &mut Vec<Knowing>) {
    let CollectionInfo { place, state } = info;
    let (own, users) = match place.bucket {
        Bucket::User(_) => (0, 1),
        Bucket::Bot | Bucket::Conversation(_) => (state.documents, 0),
    };
    let last = all.last_mut();
    if let Some(bot) = last.filter(|last| last.tenant == tenant && last.bot == place.bot) {
        bot.documents = bot.documents.saturating_add(state.documents);
        bot.bytes = bot.bytes.saturating_add(state.bytes);
        bot.own = bot.own.saturating_add(own);
        bot.users = bot.users.saturating_add(users);
        return;
    }
    all.push(Knowing {
        tenant: tenant.to_owned(),
        bot: place.bot,
        documents: state.documents,
        bytes: state.bytes,
        own,
        users,
    });
}

/// A row for each bot; a column for tenants where there are several.
fn table_of_bots(bots: &[Knowing]) -> String {
    // Of one tenant it is said too, where it is not the one that is meant without a flag.
    let of_tenants = bots.iter().any(|bot| bot.tenant != "local");
    let mut table = Table::new();
    table.load_preset(LINE_BELOW_HEADER);
    let header = ["bot", "documents", "size", "of whom"];
    table.set_header(of_tenants.then_some("tenant").into_iter().chain(header));
    for bot in bots.iter().take(ROWS_MAX) {
        let row = [
            Escaped(&bot.bot).to_string(),
            bot.documents.to_string(),
            ByteSize::b(bot.bytes).to_string(),
            of_whom(bot),
        ];
        let tenant = of_tenants.then(|| Escaped(&bot.tenant).to_string());
        table.add_row(tenant.into_iter().chain(row));
    }
    let mut text = table.trim_fmt() + "\n";
    let left = as_u64(bots.len().saturating_sub(ROWS_MAX));
    if left > 0 {
        // Writing into a `String` cannot fail.
        let _ = writeln!(text, "and {left} more: --json prints all");
    }
    text
}

/// Whose the collections of a bot are.
fn of_whom(bot: &Knowing) -> String {
    let people = match bot.users {
        1 => "1 person".to_owned(),
        users => format!("{users} people"),
    };
    match (bot.own, bot.users) {
        (_, 0) => "the bot".to_owned(),
        (0, _) => people,
        _ => format!("the bot, {people}"),
    }
}

fn table_of_documents(rows: &[DocumentInfo]) -> String {
    let mut table = Table::new();
    table.load_preset(LINE_BELOW_HEADER);
    table.set_header(["document", "title", "size", "from", "expires"]);
    for info in rows {
        let expires = moment(info.expires);
        table.add_row([
            Escaped(&info.id).to_string(),
            Escaped(&info.title).to_string(),
            ByteSize::b(info.bytes).to_string(),
            origin(info).to_owned(),
            expires.unwrap_or_else(|| "never".to_owned()),
        ]);
    }
    table.trim_fmt() + "\n"
}

/// By which way it came last.
fn origin(info: &DocumentInfo) -> &'static str {
    match info.origin {
        DocumentOrigin::Manifest => "manifest",
        DocumentOrigin::Added => "added",
    }
}

/// A document for a program.
fn line(scope: &Scope, info: &DocumentInfo) -> String {
    let user = match &scope.bucket {
        Bucket::User(id) => Some(id),
        Bucket::Bot | Bucket::Conversation(_) => None,
    };
    let line = json!({
        "tenant": scope.tenant, "bot": scope.bot, "user": user, "document": info.id,
        "title": info.title, "source": info.source, "bytes": info.bytes,
        "origin": origin(info), "expires": moment(info.expires),
    });
    shown::json(&line.to_string()) + "\n"
}
