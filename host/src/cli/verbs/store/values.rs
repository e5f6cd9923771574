//! `ravenry store get`, `set` and `rm`: single values of a bucket.

use std::io::{self, IsTerminal as _, Read as _};

use clap::Args;

use crate::cli::{
    failure::Failure,
    formatting::{as_u64, counted},
    kept::{owner::ScopeFlags, place::PlaceFlags, refusal},
};
use ravenry_base::{
    output,
    report::{Problem, Problems},
};
use ravenry_store::{Bucket, Scope};

/// `ravenry store get`
#[derive(Debug, Args)]
pub(crate) struct Get {
    /// The key
    #[arg(value_name = "KEY")]
    pub key: String,
    /// Of which bucket.
    #[command(flatten)]
    pub scope: ScopeFlags,
}

/// `ravenry store set`
#[derive(Debug, Args)]
pub(crate) struct Set {
    /// The key, there already or not
    #[arg(value_name = "KEY")]
    pub key: String,
    /// The value, in place of what the key has; `-` is what comes from standard input
    #[arg(value_name = "VALUE", allow_negative_numbers = true)]
    pub value: String,
    /// In which bucket.
    #[command(flatten)]
    pub scope: ScopeFlags,
}

/// `ravenry store rm`
#[derive(Debug, Args)]
pub(crate) struct Rm {
    /// The keys
    #[arg(value_name = "KEY", required = true)]
    pub keys: Vec<String>,
    /// Of which bucket.
    #[command(flatten)]
    pub scope: ScopeFlags,
}

impl Get {
    pub(super) async fn run(&self, place: &PlaceFlags) -> Result<(), Failure> {
        let opened = place.open(self.scope.tenant.tenant.as_ref()).await?;
        let scope = self.scope.scope_of_known(&opened).await?;
        let found = opened.store.get(&scope, &self.key).await;
        let found = found.map_err(|error| refusal::undone("the value cannot be read", &error))?;
        let value = found.ok_or_else(|| Failure::Failed(absent(&scope, &self.key).into()))?;
        if !io::stdout().is_terminal() {
            output::bytes(&value);
            return Ok(());
        }
        let text = std::str::from_utf8(&value).map_err(|_| {
            let message = format!("the value is no text, but {} bytes", value.len());
            Failure::Failed(
                Problem {
                    message,
                    hint: Some("write it to a file: `> FILE`".to_owned()),
                    ..Problem::default()
                }
                .into(),
            )
        })?;
        output::print(&format!("{}\n", text.trim_end_matches('\n')));
        Ok(())
    }
}

impl Set {
    pub(super) async fn run(&self, place: &PlaceFlags) -> Result<(), Failure> {
        let opened = place.open(self.scope.tenant.tenant.as_ref()).await?;
        let scope = self.scope.scope(&opened)?;
        let policy = opened.policy(&scope)?;
        let value = match self.value.as_str() {
            "-" => stdin(policy.quota.value_bytes)?,
            text => text.as_bytes().to_vec(),
        };
        // Without the operator's file, any name may be a bot that is to keep its first value.
        let tenant = opened.tenant(&self.scope.tenant)?;
        let bot = &self.scope.bot;
        let is_known = opened.is_known(&tenant, Some(bot)).await?;
        let set = opened.store.set(&scope, &self.key, value, &policy).await;
        set.map_err(|error| refusal::undone("the value was not set", &error))?;
        if !is_known {
            output::tell(&format!(
                "This is the first that is kept of bot `{bot}` of tenant `{tenant}`"
            ));
        }
        Ok(())
    }
}

impl Rm {
    pub(super) async fn run(&self, place: &PlaceFlags) -> Result<(), Failure> {
        let opened = place.open(self.scope.tenant.tenant.as_ref()).await?;
        let scope = self.scope.scope_of_known(&opened).await?;
        let (mut removed, mut missing) = (0_usize, Vec::new());
        for key in &self.keys {
            let deleted = opened.store.delete(&scope, key).await;
            let message = || format!("the key `{key}` was not removed, nor were those behind it");
            if deleted.map_err(|error| refusal::undone(message(), &error))? {
                removed = removed.saturating_add(1);
            } else {
                missing.push(absent(&scope, key));
            }
        }
        output::print(&format!("Removed {}\n", counted(as_u64(removed), "key")));
        Problems(missing).or(()).map_err(Failure::Failed)
    }
}

/// One byte more than a value may have, so that the store sees that it is too long.
fn stdin(most: usize) -> Result<Vec<u8>, Failure> {
    let mut value = Vec::new();
    let bounded = io::stdin().lock().take(as_u64(most).saturating_add(1));
    let read = { bounded }.read_to_end(&mut value);
    read.map_err(|error| Failure::system("cannot read standard input".to_owned(), &error))?;
    Ok(value)
}

/// There is no such key.
fn absent(scope: &Scope, key: &str) -> Problem {
    let bucket = match &scope.bucket {
        Bucket::Bot => "its own bucket".to_owned(),
        Bucket::User(id) => format!("the bucket of user `{id}`"),
        Bucket::Conversation(id) => format!("the bucket of conversation `{id}`"),
    };
    let (bot, tenant) = (&scope.bot, &scope.tenant);
    Problem {
        message: format!("bot `{bot}` of tenant `{tenant}` keeps no key `{key}` in {bucket}"),
        ..Problem::default()
    }
}
