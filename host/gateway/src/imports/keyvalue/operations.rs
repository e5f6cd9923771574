//! What a guest does with its buckets: each operation in its turn, counted, logged, and noted where somebody wants
//! to know.

use std::ops::Deref;

use ravenry_store::{
    BATCH_BYTES_MAX, Error, KeyPage, LIST_KEYS_MAX, OpenError, Scope, Store, SwapError, Version,
    Versioned,
};

use super::{
    Buckets, Cas, CasError, Done, KeyvalueError, OpenBucket, StoreNotes,
    operation_log::{self, word},
};
use crate::store::ClockHold;
use ravenry_base::memory::Booking;
use ravenry_protocol::store_error::{FULL, UNAVAILABLE};

/// Why the store has not done something, in a sentence that goes on where the kind of it was said.
#[derive(Debug)]
pub(in crate::imports) enum Refused {
    /// A bound of the bot or its tenant leaves no room.
    Full(String),
    /// It cannot be done now.
    Unavailable(String),
    /// It makes no sense, or is larger than may be.
    Invalid(String),
}

impl From<Refused> for KeyvalueError {
    fn from(refused: Refused) -> Self {
        Self::Other(match refused {
            Refused::Full(why) => format!("{FULL}: {why}"),
            Refused::Unavailable(why) if why.is_empty() => UNAVAILABLE.to_owned(),
            Refused::Unavailable(why) => format!("{UNAVAILABLE}: {why}"),
            Refused::Invalid(why) => why,
        })
    }
}

/// The store in the turn of one operation.
pub(in crate::imports) struct Ready<'a> {
    store: &'a Store,
    /// What makes it wait is no passing of time.
    _hold: Option<ClockHold>,
}

impl Deref for Ready<'_> {
    type Target = Store;

    fn deref(&self) -> &Store {
        self.store
    }
}

impl Buckets {
    pub(crate) async fn get(&self, bucket: &OpenBucket, key: &str) -> Done<Option<Vec<u8>>> {
        let store = self.ready(key.len()).await?;
        let _booked = self.book(self.bot.terms.quota.value_bytes)?;
        let found = store.get(&bucket.scope, key).await;
        let found = self.told(("get", "read"), &bucket.scope, &[key], found, |found| {
            length(found.as_ref())
        })?;
        self.note(|notes| notes.read(bucket.word(), key, found.as_deref()));
        Ok(found)
    }

    pub(crate) async fn set(&self, bucket: &OpenBucket, key: &str, value: Vec<u8>) -> Done<()> {
        let bytes = value.len();
        let store = self.ready(key.len().saturating_add(bytes)).await?;
        let kept = self.noted(&value);
        let set = store.set(&bucket.scope, key, value, &bucket.policy).await;
        self.told(("set", "write"), &bucket.scope, &[key], set, |()| bytes)?;
        self.note(|notes| notes.wrote(bucket.word(), key, kept));
        Ok(())
    }

    pub(crate) async fn delete(&self, bucket: &OpenBucket, key: &str) -> Done<()> {
        let store = self.ready(key.len()).await?;
        let deleted = store.delete(&bucket.scope, key).await;
        self.told(("delete", "write"), &bucket.scope, &[key], deleted, |_| 0)?;
        self.note(|notes| notes.wrote(bucket.word(), key, None));
        Ok(())
    }

    pub(crate) async fn exists(&self, bucket: &OpenBucket, key: &str) -> Done<bool> {
        let store = self.ready(key.len()).await?;
        let exists = store.exists(&bucket.scope, key).await;
        let exists = self.told(("exists", "read"), &bucket.scope, &[key], exists, |_| 0)?;
        self.note(|notes| {
            if exists {
                notes.saw(bucket.word(), key);
            } else {
                notes.read(bucket.word(), key, None);
            }
        });
        Ok(exists)
    }

    pub(crate) async fn list_keys(
        &self,
        bucket: &OpenBucket,
        cursor: Option<&str>,
    ) -> Done<KeyPage> {
        let store = self.ready(0).await?;
        let listed = store.list_keys(&bucket.scope, cursor, LIST_KEYS_MAX).await;
        let bytes = |page: &KeyPage| lengths(&page.keys);
        let page = self.told(("list-keys", "list"), &bucket.scope, &[], listed, bytes)?;
        self.note(|notes| {
            for key in &page.keys {
                notes.saw(bucket.word(), key);
            }
        });
        Ok(page)
    }

    pub(crate) async fn increment(&self, bucket: &OpenBucket, key: &str, delta: i64) -> Done<i64> {
        let store = self.ready(key.len()).await?;
        let policy = &bucket.policy;
        let sum = store.increment(&bucket.scope, key, delta, policy).await;
        let sum = self.told(("increment", "write"), &bucket.scope, &[key], sum, |_| 0)?;
        self.note(|notes| notes.added(bucket.word(), key, delta, sum));
        Ok(sum)
    }

    pub(crate) async fn get_many(
        &self,
        bucket: &OpenBucket,
        keys: &[String],
    ) -> Done<Vec<Option<Vec<u8>>>> {
        let store = self.ready(lengths(keys)).await?;
        let _booked = self.book(BATCH_BYTES_MAX)?;
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let found = store.get_many(&bucket.scope, &keys).await;
        let bytes = |found: &Vec<Option<_>>| {
            let lengths = found.iter().map(|value| length(value.as_ref()));
            lengths.fold(0, usize::saturating_add)
        };
        let found = self.told(("get-many", "read"), &bucket.scope, &keys, found, bytes)?;
        self.note(|notes| {
            for (key, value) in keys.iter().zip(&found) {
                notes.read(bucket.word(), key, value.as_deref());
            }
        });
        Ok(found)
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
        let is_wanted = self.notes.is_some() || operation_log::is_wanted();
        let kept = if is_wanted {
            entries.clone()
        } else {
            Vec::new()
        };
        let set = store.set_many(&bucket.scope, entries, &bucket.policy).await;
        let keys: Vec<&str> = kept.iter().map(|(key, _)| key.as_str()).collect();
        self.told(("set-many", "write"), &bucket.scope, &keys, set, |()| bytes)?;
        self.note(|notes| {
            for (key, value) in kept {
                notes.wrote(bucket.word(), &key, Some(value));
            }
        });
        Ok(())
    }

    pub(crate) async fn delete_many(&self, bucket: &OpenBucket, keys: &[String]) -> Done<()> {
        let store = self.ready(lengths(keys)).await?;
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let deleted = store.delete_many(&bucket.scope, &keys).await;
        self.told(
            ("delete-many", "write"),
            &bucket.scope,
            &keys,
            deleted,
            |_| 0,
        )?;
        self.note(|notes| {
            for key in &keys {
                notes.wrote(bucket.word(), key, None);
            }
        });
        Ok(())
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
        let _booked = self.book(self.bot.terms.quota.value_bytes)?;
        let found = store.current(&cas.scope, &cas.key).await;
        let bytes = |found: &Versioned| length(found.value.as_ref());
        let found = self.told(("current", "read"), &cas.scope, &[&cas.key], found, bytes)?;
        cas.version = found.version;
        self.note(|notes| notes.read(word(&cas.scope.bucket), &cas.key, found.value.as_deref()));
        Ok(found.value)
    }

    /// Sets the value, if nobody else has since it was looked at.
    pub(crate) async fn swap(&self, mut cas: Cas, value: Vec<u8>) -> Result<(), CasError> {
        let bytes = cas.key.len().saturating_add(value.len());
        let ready = self.ready(bytes).await;
        let store = ready.map_err(|refused| CasError::Store(refused.into()))?;
        let kept = self.noted(&value);
        let Cas {
            scope,
            policy,
            key,
            version,
        } = &cas;
        let size = value.len();
        let swapped = match store.swap(scope, key, *version, value, policy).await {
            Err(SwapError::Conflict(found)) => {
                self.count(("swap", "write"), scope, &[key], "conflict", size);
                cas.version = found.version;
                return Err(CasError::Failed(cas));
            }
            Err(SwapError::Store(error)) => Err(error),
            Ok(_) => Ok(()),
        };
        let swapped = self.told(("swap", "write"), scope, &[key], swapped, |()| size);
        swapped.map_err(|refused| CasError::Store(refused.into()))?;
        self.note(|notes| notes.wrote(word(&scope.bucket), key, kept));
        Ok(())
    }

    /// The store, when it is this bot's turn for an operation with so many bytes.
    pub(in crate::imports) async fn ready(&self, bytes: usize) -> Result<Ready<'_>, Refused> {
        for rate in &self.bot.rates {
            rate.turn(bytes).await;
        }
        // Not before: a turn is waited for by the clock.
        let hold = self.bot.store.hold_clock();
        match self.bot.store.get().await {
            Ok(store) => Ok(Ready { store, _hold: hold }),
            Err(error) => {
                self.bot.metrics.store("open", "failed");
                Err(self.failed(&error))
            }
        }
    }

    /// Memory for what is read, until it is the guest's.
    pub(in crate::imports) fn book(&self, bytes: usize) -> Result<Booking, Refused> {
        let mut booking = Booking::new(self.bot.seat.pools.clone());
        let most = u64::try_from(bytes).unwrap_or(u64::MAX);
        let none = || Refused::Unavailable("no memory is left for what is read".to_owned());
        booking.set(most).then_some(booking).ok_or_else(none)
    }

    /// What came of an operation, as the guest hears it, counted; `bytes` says how large what it got is.
    pub(in crate::imports) fn told<T>(
        &self,
        names: (&'static str, &'static str),
        scope: &Scope,
        keys: &[&str],
        outcome: Result<T, Error>,
        bytes: impl FnOnce(&T) -> usize,
    ) -> Result<T, Refused> {
        let error = match outcome {
            Ok(done) => {
                self.bot.store.has_succeeded();
                self.count(names, scope, keys, "done", bytes(&done));
                return Ok(done);
            }
            Err(error) => error,
        };
        let outcome = match &error {
            Error::Full { .. } => "full",
            Error::Unavailable(_) => "failed",
            _ => "refused",
        };
        self.count(names, scope, keys, outcome, 0);
        Err(match &error {
            Error::Full { .. } => {
                self.log.complain(&format!("{FULL}: {error}"));
                Refused::Full(error.to_string())
            }
            Error::Unavailable(cause) => {
                if self.bot.store.has_failed(cause) {
                    self.log.complain(&format!("{error}: {}", cause.detail));
                }
                Refused::Unavailable(cause.reason.to_string())
            }
            _ => Refused::Invalid(error.to_string()),
        })
    }

    /// Counts an operation by its kind, and logs it by its name.
    fn count(
        &self,
        (name, kind): (&'static str, &'static str),
        scope: &Scope,
        keys: &[&str],
        outcome: &'static str,
        bytes: usize,
    ) {
        self.bot.metrics.store(kind, outcome);
        operation_log::log(&self.log, name, scope, keys, (outcome, bytes));
    }

    /// Notes something, if somebody wants to know it.
    fn note(&self, note: impl FnOnce(&StoreNotes)) {
        if let Some(notes) = &self.notes {
            note(notes);
        }
    }

    /// A value that is about to be written, if somebody wants to know it.
    fn noted(&self, value: &[u8]) -> Option<Vec<u8>> {
        self.notes.is_some().then(|| value.to_vec())
    }

    /// The store cannot be opened: why, the log says once an episode; the guest hears that it is so.
    fn failed(&self, error: &OpenError) -> Refused {
        if self.bot.store.is_closed(error) {
            self.log.complain(&error.to_string());
        }
        Refused::Unavailable(String::new())
    }
}

fn lengths(keys: &[String]) -> usize {
    keys.iter().map(String::len).fold(0, usize::saturating_add)
}

fn length(value: Option<&Vec<u8>>) -> usize {
    value.map_or(0, Vec::len)
}
