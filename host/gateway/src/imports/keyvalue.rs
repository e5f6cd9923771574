//! What a bot keeps between its calls: the buckets of the bot, and of the person and the conversation at hand.
//!
//! Whose a bucket is comes from the request, never from the guest: it says `user`, and no more. What it reads
//! is not held here, what it writes not after it was written.

mod activity;
mod notes;
mod operation_log;
mod operations;
pub(crate) mod rate;

use std::sync::Arc;

use ravenry_store::{Bucket, Scope, Version, WritePolicy};

pub use self::notes::{Noted, NotedKey, StoreNotes};
pub(super) use self::operations::Refused;
use self::{operation_log::word, rate::OperationRate};
use super::{
    collections::{Collections, Seat},
    log::BotLog,
};
use crate::{
    metrics::BotMetrics,
    store::{SharedStore, terms::StoreTerms},
};
use ravenry_config::ids::{BotName, TenantName};

/// The buckets that there are, as a guest may name them.
const NAMES: &str = "`bot` (or `default`), `user` and `conversation`";

/// What one bot has of the store; shared by its calls.
#[derive(Debug)]
pub struct BotStore {
    store: SharedStore,
    owner: (TenantName, BotName),
    terms: StoreTerms,
    /// Its own, and that of all bots of its tenant.
    rates: [Arc<OperationRate>; 2],
    pub(super) metrics: BotMetrics,
    /// What is loaded of what it knows, with that of others.
    pub(super) collections: Arc<Collections>,
    /// Where it is searched, and on what values that are read are booked while they are on their way.
    pub(super) seat: Arc<Seat>,
}

impl BotStore {
    /// What this bot has of the store: so much, for so long, and so many operations each second.
    pub(crate) fn new(
        (store, collections): (SharedStore, Arc<Collections>),
        owner: (TenantName, BotName),
        (terms, rates): (StoreTerms, [Arc<OperationRate>; 2]),
        seat: Seat,
        metrics: BotMetrics,
    ) -> Self {
        Self {
            store,
            owner,
            terms,
            rates,
            metrics,
            collections,
            seat: Arc::new(seat),
        }
    }

    /// The same in another store, with a pace of its own.
    pub(crate) fn played(&self, store: SharedStore) -> Self {
        Self {
            store,
            owner: self.owner.clone(),
            terms: self.terms,
            rates: self.rates.each_ref().map(|rate| Arc::new(rate.afresh())),
            metrics: self.metrics.clone(),
            collections: Arc::default(),
            seat: Arc::clone(&self.seat),
        }
    }

    /// Where it is kept.
    pub(crate) fn shared(&self) -> &SharedStore {
        &self.store
    }

    /// A bucket of this bot.
    pub(crate) fn scope(&self, bucket: Bucket) -> Scope {
        let (tenant, bot) = &self.owner;
        Scope {
            tenant: tenant.to_string(),
            bot: bot.to_string(),
            bucket,
        }
    }

    /// What holds for what is written to a bucket.
    pub(crate) fn policy(&self, bucket: &Bucket) -> WritePolicy {
        self.terms.of(bucket)
    }
}

/// The buckets of one call.
#[derive(Debug)]
pub struct Buckets {
    pub(super) bot: Arc<BotStore>,
    user: Option<String>,
    conversation: Option<String>,
    /// Of whoever keeps what was asked and answered.
    notes: Option<StoreNotes>,
    pub(super) log: BotLog,
}

/// A bucket that a guest has opened.
#[derive(Debug)]
pub struct OpenBucket {
    scope: Scope,
    policy: WritePolicy,
    /// Where the last list of keys goes on, for guests whose cursors are numbers.
    pub(crate) numbered: Option<(u64, String)>,
}

impl OpenBucket {
    /// Its name.
    fn word(&self) -> &'static str {
        word(&self.scope.bucket)
    }
}

/// A key that a guest means to swap, if it has this version.
#[derive(Debug)]
pub struct Cas {
    scope: Scope,
    policy: WritePolicy,
    key: String,
    version: Version,
}

/// Why something was not done.
#[derive(Debug, PartialEq, Eq)]
pub enum KeyvalueError {
    /// There is no bucket of this name in this call.
    NoSuchStore,
    /// Anything else, in a sentence.
    Other(String),
}

/// Why a value was not swapped.
#[derive(Debug)]
pub enum CasError {
    /// As in every operation.
    Store(KeyvalueError),
    /// It has changed. What there is now, to try again.
    Failed(Cas),
}

type Done<T> = Result<T, KeyvalueError>;

impl Buckets {
    /// Those of one call: at first only the bot's.
    pub(crate) fn new(bot: Arc<BotStore>, notes: Option<StoreNotes>, log: BotLog) -> Self {
        Self {
            bot,
            user: None,
            conversation: None,
            notes,
            log,
        }
    }

    /// Adds those of the person and the conversation at hand. Where the platform names none, there is none.
    pub(crate) fn of(&mut self, user: &str, conversation: &str) {
        let named = |id: &str| (!id.is_empty()).then(|| id.to_owned());
        self.user = named(user);
        self.conversation = named(conversation);
    }

    /// The bucket of this name.
    pub(crate) fn open(&self, name: &str) -> Done<OpenBucket> {
        let bucket = match name {
            "" | "bot" | "default" => Some(Bucket::Bot),
            "user" => self.user.clone().map(Bucket::User),
            "conversation" => self.conversation.clone().map(Bucket::Conversation),
            _ => {
                let shown: String = name.chars().take(64).collect();
                return Err(self.no_such(&format!(
                    "the bot opens the store `{shown}`, which is not there: there are {NAMES}"
                )));
            }
        };
        let Some(bucket) = bucket else {
            return Err(self.no_such(&format!(
                "the bot opens the store `{name}`, which this call does not have: the request names no {name}"
            )));
        };
        Ok(OpenBucket {
            policy: self.bot.policy(&bucket),
            scope: self.bot.scope(bucket),
            numbered: None,
        })
    }

    /// Who asks; `None` where the platform names nobody.
    pub(super) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    fn no_such(&self, sentence: &str) -> KeyvalueError {
        self.log.complain(sentence);
        KeyvalueError::NoSuchStore
    }
}
