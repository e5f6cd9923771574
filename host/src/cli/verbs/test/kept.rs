//! The store of one conversation: filled before it, looked at between its turns, and gone afterwards.

use std::fmt::Display;

use serde_json::Value;
use tokio::runtime::Handle;

use crate::cli::failure::Failure;
use ravenry_base::report::{Place, Problem};
use ravenry_config::documents::DocumentFiles;
use ravenry_desk::replay::kept::{Kept, KeptKey};
use ravenry_gateway::{
    bots::{Bot, documents},
    imports::rehearsal::DeterministicRun,
    store::SharedStore,
};
use ravenry_store::{Bucket, BucketFilter, EntryFilter, Error, PAGE_MAX, Scope, WritePolicy};

/// What a bot keeps in one conversation.
pub(super) struct PlayedStore {
    store: SharedStore,
    tenant: String,
    bot: String,
}

impl PlayedStore {
    /// An empty one, in which things expire by this clock. Nothing is made before somebody uses it.
    pub(super) fn new(run: DeterministicRun, bot: &Bot) -> Self {
        Self {
            store: run.store(Handle::current()),
            tenant: bot.tenant.to_string(),
            bot: bot.name.to_string(),
        }
    }

    /// What the bot is to use in the place of its own.
    pub(super) fn shared(&self) -> SharedStore {
        self.store.clone()
    }

    /// Puts there what the bot knows by its manifest; what is wrong with that.
    pub(super) async fn know(
        &self,
        bot: &Bot,
        documents: &DocumentFiles,
    ) -> Result<Vec<String>, Failure> {
        if documents.patterns.is_empty() {
            return Ok(Vec::new());
        }
        let _hold = self.store.hold_clock();
        let filled = documents::fill(&self.store, bot, documents).await;
        let filled = filled.map_err(|error| broken("filled with documents", &error))?;
        Ok(filled.complaints)
    }

    /// Puts there what is there before the conversation, which is in this file, as of whom `query` is.
    pub(super) async fn fill(
        &self,
        file: &str,
        before: &Kept,
        query: &Value,
    ) -> Result<(), Failure> {
        if before.is_empty() {
            return Ok(());
        }
        let _hold = self.store.hold_clock();
        let store = self.store.get().await;
        let store = store.map_err(|error| broken("opened", &error))?;
        let policy = WritePolicy::default();
        for ((bucket, key), value) in before {
            let scope = Scope {
                tenant: self.tenant.clone(),
                bot: self.bot.clone(),
                bucket: named(bucket, query),
            };
            let set = store.set(&scope, key, value.clone(), &policy).await;
            set.map_err(|error| unfit(file, bucket, &error))?;
        }
        Ok(())
    }

    /// All that is there of whom `query` is.
    pub(super) async fn look(&self, query: &Value) -> Result<Kept, Failure> {
        let _hold = self.store.hold_clock();
        let store = self.store.get().await;
        let store = store.map_err(|error| broken("opened", &error))?;
        let filter = EntryFilter {
            tenant: self.tenant.clone(),
            bot: Some(self.bot.clone()),
            buckets: BucketFilter::All,
        };
        let mut kept = Kept::new();
        let mut behind = None;
        loop {
            let page = store.export(&filter, behind.as_ref(), PAGE_MAX).await;
            let page = page.map_err(|error| broken("read", &error))?;
            let Some(last) = page.last() else {
                return Ok(kept);
            };
            behind = Some(last.info.place.clone());
            kept.extend(page.into_iter().filter_map(|entry| {
                let place = entry.info.place;
                Some((entry_key(&place.bucket, place.key, query)?, entry.value))
            }));
        }
    }
}

/// A bucket by its name in a file.
fn named(bucket: &str, query: &Value) -> Bucket {
    let id = |member: &str| {
        let id = query.get(member).and_then(Value::as_str);
        id.unwrap_or_default().to_owned()
    };
    match bucket {
        "user" => Bucket::User(id("user_id")),
        "conversation" => Bucket::Conversation(id("conversation_id")),
        _ => Bucket::Bot,
    }
}

/// A key as a file has it; `None`: it is of somebody else.
fn entry_key(bucket: &Bucket, key: String, query: &Value) -> Option<KeptKey> {
    let word = match bucket {
        Bucket::Bot => "bot",
        Bucket::User(_) => "user",
        Bucket::Conversation(_) => "conversation",
    };
    (named(word, query) == *bucket).then_some((word, key))
}

/// The store itself does not work.
fn broken(what: &str, error: &dyn Display) -> Failure {
    let problem = Problem {
        message: format!("the store of a conversation cannot be {what}"),
        causes: vec![error.to_string()],
        ..Problem::default()
    };
    Failure::Failed(problem.into())
}

/// Something that cannot be kept.
fn unfit(file: &str, bucket: &str, error: &Error) -> Failure {
    let problem = Problem {
        message: format!("`{bucket}` in [store] has something that cannot be kept"),
        causes: vec![error.to_string()],
        place: Some(Place::whole(file)),
        ..Problem::default()
    };
    Failure::Usage(problem.into())
}
