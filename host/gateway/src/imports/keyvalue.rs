//! What a bot keeps between its calls: the buckets of the bot, and of the person and the conversation at hand.
//!
//! Whose a bucket is comes from the request, never from the guest: it says `user`, and no more. What it reads
//! is not held here, what it writes not after it was written.

pub(crate) mod rate;

use std::{fmt::Display, sync::Arc, time::Duration};

use ravenry_store::{
    BATCH_BYTES_MAX, Bucket, Error, KeyPage, LIST_KEYS_MAX, Quota, Scope, Store, SwapError,
    Version, WritePolicy,
};

use self::rate::OperationRate;
use super::log::BotLog;
use crate::{metrics::BotMetrics, store::SharedStore};
use ravenry_base::memory::{Booking, MemoryPool};
use ravenry_config::ids::{BotName, TenantName};

/// The buckets that there are, as a guest may name them.
const NAMES: &str = "`bot` (or `default`), `user` and `conversation`";

/// What one bot has of the store; shared by its calls.
#[derive(Debug)]
pub struct BotStore {
    store: SharedStore,
    owner: (TenantName, BotName),
    quota: Quota,
    keep: Keep,
    /// Its own, and that of all bots of its tenant.
    rates: [Arc<OperationRate>; 2],
    /// What values that are read are booked on while they are on their way: bot, tenant, process.
    pools: [Arc<MemoryPool>; 3],
    metrics: BotMetrics,
}

/// How long what is written stays, by bucket; `None`: until it is deleted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keep {
    /// What is the bot's.
    pub bot: Option<Duration>,
    /// What is a person's.
    pub user: Option<Duration>,
    /// What is a conversation's.
    pub conversation: Option<Duration>,
}

impl BotStore {
    /// What this bot has of the store: so much, for so long, and so many operations each second.
    pub(crate) fn new(
        store: SharedStore,
        owner: (TenantName, BotName),
        (quota, keep, rates): (Quota, Keep, [Arc<OperationRate>; 2]),
        pools: [Arc<MemoryPool>; 3],
        metrics: BotMetrics,
    ) -> Self {
        Self {
            store,
            owner,
            quota,
            keep,
            rates,
            pools,
            metrics,
        }
    }
}

/// The buckets of one call.
#[derive(Debug)]
pub struct Buckets {
    bot: Arc<BotStore>,
    user: Option<String>,
    conversation: Option<String>,
    log: BotLog,
}

/// A bucket that a guest has opened.
#[derive(Debug)]
pub struct OpenBucket {
    scope: Scope,
    policy: WritePolicy,
    /// Where the last list of keys goes on, for guests whose cursors are numbers.
    pub(crate) numbered: Option<(u64, String)>,
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
    pub(crate) fn new(bot: Arc<BotStore>, log: BotLog) -> Self {
        Self {
            bot,
            user: None,
            conversation: None,
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
        let keep = &self.bot.keep;
        let (bucket, ttl) = match name {
            "" | "bot" | "default" => (Some(Bucket::Bot), keep.bot),
            "user" => (self.user.clone().map(Bucket::User), keep.user),
            "conversation" => {
                let id = self.conversation.clone();
                (id.map(Bucket::Conversation), keep.conversation)
            }
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
        let (tenant, bot) = &self.bot.owner;
        Ok(OpenBucket {
            scope: Scope {
                tenant: tenant.to_string(),
                bot: bot.to_string(),
                bucket,
            },
            policy: WritePolicy {
                quota: self.bot.quota,
                ttl,
            },
            numbered: None,
        })
    }

    fn no_such(&self, sentence: &str) -> KeyvalueError {
        self.log.complain(sentence);
        KeyvalueError::NoSuchStore
    }

    pub(crate) async fn get(&self, bucket: &OpenBucket, key: &str) -> Done<Option<Vec<u8>>> {
        let store = self.ready(key.len()).await?;
        let _booked = self.book(self.bot.quota.value_bytes)?;
        self.told("read", store.get(&bucket.scope, key).await)
    }

    pub(crate) async fn set(&self, bucket: &OpenBucket, key: &str, value: Vec<u8>) -> Done<()> {
        let store = self.ready(key.len().saturating_add(value.len())).await?;
        let set = store.set(&bucket.scope, key, value, &bucket.policy).await;
        self.told("write", set)
    }

    pub(crate) async fn delete(&self, bucket: &OpenBucket, key: &str) -> Done<()> {
        let store = self.ready(key.len()).await?;
        let deleted = store.delete(&bucket.scope, key).await;
        self.told("write", deleted.map(drop))
    }

    pub(crate) async fn exists(&self, bucket: &OpenBucket, key: &str) -> Done<bool> {
        let store = self.ready(key.len()).await?;
        self.told("read", store.exists(&bucket.scope, key).await)
    }

    pub(crate) async fn list_keys(
        &self,
        bucket: &OpenBucket,
        cursor: Option<&str>,
    ) -> Done<KeyPage> {
        let store = self.ready(0).await?;
        let listed = store.list_keys(&bucket.scope, cursor, LIST_KEYS_MAX).await;
        self.told("list", listed)
    }

    pub(crate) async fn increment(&self, bucket: &OpenBucket, key: &str, delta: i64) -> Done<i64> {
        let store = self.ready(key.len()).await?;
        let sum = store
            .increment(&bucket.scope, key, delta, &bucket.policy)
            .await;
        self.told("write", sum)
    }

    pub(crate) async fn get_many(
        &self,
        bucket: &OpenBucket,
        keys: &[String],
    ) -> Done<Vec<Option<Vec<u8>>>> {
        let store = self.ready(lengths(keys)).await?;
        let _booked = self.book(BATCH_BYTES_MAX)?;
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        self.told("read", store.get_many(&bucket.scope, &keys).await)
    }

    pub(crate) async fn set_many(
        &self,
        bucket: &OpenBucket,
        entries: Vec<(String, Vec<u8>)>,
    ) -> Done<()> {
        let bytes = entries
            .iter()
            .map(|(key, value)| key.len().saturating_add(value.len()))
            .fold(0, usize::saturating_add);
        let store = self.ready(bytes).await?;
        let set = store.set_many(&bucket.scope, entries, &bucket.policy).await;
        self.told("write", set)
    }

    pub(crate) async fn delete_many(&self, bucket: &OpenBucket, keys: &[String]) -> Done<()> {
        let store = self.ready(lengths(keys)).await?;
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let deleted = store.delete_many(&bucket.scope, &keys).await;
        self.told("write", deleted.map(drop))
    }

    /// Looks at a key that is to be swapped.
    pub(crate) async fn cas(&self, bucket: &OpenBucket, key: String) -> Done<Cas> {
        let mut cas = Cas {
            scope: bucket.scope.clone(),
            policy: bucket.policy,
            key,
            version: Version::ABSENT,
        };
        self.current(&mut cas).await?;
        Ok(cas)
    }

    /// The value that there is now: from now on, that is what a swap compares with.
    pub(crate) async fn current(&self, cas: &mut Cas) -> Done<Option<Vec<u8>>> {
        let store = self.ready(cas.key.len()).await?;
        let _booked = self.book(self.bot.quota.value_bytes)?;
        let found = self.told("read", store.current(&cas.scope, &cas.key).await)?;
        cas.version = found.version;
        Ok(found.value)
    }

    /// Sets the value, if nobody else has since it was looked at.
    pub(crate) async fn swap(&self, mut cas: Cas, value: Vec<u8>) -> Result<(), CasError> {
        let bytes = cas.key.len().saturating_add(value.len());
        let store = self.ready(bytes).await.map_err(CasError::Store)?;
        let Cas {
            scope,
            policy,
            key,
            version,
        } = &cas;
        match store.swap(scope, key, *version, value, policy).await {
            Ok(_) => {
                self.bot.metrics.store("write", "done");
                Ok(())
            }
            Err(SwapError::Conflict(found)) => {
                self.bot.metrics.store("write", "conflict");
                cas.version = found.version;
                Err(CasError::Failed(cas))
            }
            Err(SwapError::Store(error)) => {
                let refused = self.told::<()>("write", Err(error));
                Err(refused.err().map_or(CasError::Failed(cas), CasError::Store))
            }
        }
    }

    /// The store, when it is this bot's turn for an operation with so many bytes.
    async fn ready(&self, bytes: usize) -> Done<&Store> {
        for rate in &self.bot.rates {
            rate.turn(bytes).await;
        }
        match self.bot.store.get().await {
            Ok(store) => Ok(store),
            Err(error) => {
                self.bot.metrics.store("open", "failed");
                Err(self.failed(&*error))
            }
        }
    }

    /// Memory for what is read, until it is the guest's.
    fn book(&self, bytes: usize) -> Done<Booking> {
        let mut booking = Booking::new(self.bot.pools.clone());
        let most = u64::try_from(bytes).unwrap_or(u64::MAX);
        let none = || KeyvalueError::Other("no memory is left for what is read".to_owned());
        booking.set(most).then_some(booking).ok_or_else(none)
    }

    /// What came of an operation, as the guest hears it, counted.
    fn told<T>(&self, kind: &'static str, outcome: Result<T, Error>) -> Done<T> {
        let error = match outcome {
            Ok(done) => {
                self.bot.metrics.store(kind, "done");
                return Ok(done);
            }
            Err(error) => error,
        };
        let outcome = match &error {
            Error::Full { .. } => "full",
            Error::Unavailable(_) => "failed",
            _ => "refused",
        };
        self.bot.metrics.store(kind, outcome);
        Err(match &error {
            Error::Full { .. } => {
                self.log.complain(&format!("the store is full: {error}"));
                KeyvalueError::Other(format!("the store is full: {error}"))
            }
            Error::Unavailable(cause) => {
                self.log.complain(&format!("{error}: {}", cause.detail));
                KeyvalueError::Other(error.to_string())
            }
            _ => KeyvalueError::Other(error.to_string()),
        })
    }

    /// The store cannot be opened: why, the log says; the guest hears that it is so.
    fn failed(&self, error: &dyn Display) -> KeyvalueError {
        self.log.complain(&error.to_string());
        KeyvalueError::Other("the store is unavailable".to_owned())
    }
}

fn lengths(keys: &[String]) -> usize {
    keys.iter().map(String::len).fold(0, usize::saturating_add)
}
