//! Reads and writes values, one or several at once.

use std::{
    cell::OnceCell,
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};

use super::{Error, Keys};
use crate::{
    Result,
    backend::store::{self as backend, Swap},
    time,
};

/// How often [`Bucket::update`] tries before it gives up. Each time another was faster, so somebody's
/// change was kept.
const ATTEMPTS_MAX: u32 = 16;

/// How often the longest pause between two attempts doubles: from 1 ms on, to a second.
const PAUSE_DOUBLINGS_MAX: u32 = 10;

/// Values under keys; see [`bot`](super::bot), [`user`](super::user) and
/// [`conversation`](super::conversation).
///
/// Cheap to make: it is opened by its first use, which is also where [`Error::NoSuchStore`] appears. Keys are
/// any text of at most 1,024 bytes. Every function fails with [`Error::Unavailable`] where the database does not
/// answer, those that write with [`Error::Full`] where no room is left, and with [`Error::Other`] where a key, a
/// value or a call is larger than it may be.
pub struct Bucket {
    name: &'static str,
    opened: OnceCell<backend::Bucket>,
}

impl Bucket {
    pub(super) fn named(name: &'static str) -> Self {
        Self {
            name,
            opened: OnceCell::new(),
        }
    }

    fn opened(&self) -> Result<&backend::Bucket, Error> {
        if let Some(bucket) = self.opened.get() {
            return Ok(bucket);
        }
        let bucket = backend::Bucket::open(self.name)?;
        Ok(self.opened.get_or_init(|| bucket))
    }

    /// The value, read from JSON; `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`Error::NotJson`] where the value is no JSON, or not of this type.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        let value = self.get_bytes(key)?;
        value.map(|value| from_json(key, &value)).transpose()
    }

    /// The value as its bytes; `None` where there is none.
    pub fn get_bytes(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.opened()?.get(key)
    }

    /// Sets the value, as JSON, whatever it was.
    ///
    /// # Errors
    ///
    /// [`Error::NotJson`] where it cannot be JSON, as a map whose keys are no texts.
    pub fn set<T: Serialize + ?Sized>(&self, key: &str, value: &T) -> Result<(), Error> {
        self.set_bytes(key, &to_json(key, value)?)
    }

    /// Sets the value to these bytes, whatever it was.
    pub fn set_bytes(&self, key: &str, value: &[u8]) -> Result<(), Error> {
        self.opened()?.set(key, value)
    }

    /// Removes key and value. It is no error if there is none.
    pub fn delete(&self, key: &str) -> Result<(), Error> {
        self.opened()?.delete(key)
    }

    /// Whether there is a value.
    pub fn exists(&self, key: &str) -> Result<bool, Error> {
        self.opened()?.exists(key)
    }

    /// All keys, in the order of their bytes, asked for as they are taken: 1,000 at a time.
    ///
    /// A key that is there all the while comes once; one that is set or deleted meanwhile comes or does not.
    pub fn keys(&self) -> Keys<'_> {
        Keys::new(self)
    }

    /// Some of the keys: the first ones, or those behind a cursor.
    pub(super) fn list(&self, cursor: Option<&str>) -> Result<backend::Page, Error> {
        self.opened()?.list_keys(cursor)
    }

    /// Adds to a number and returns the sum, at one moment: nothing that others add meanwhile is lost. What is
    /// not there counts as 0. The number is kept as decimal text, and `get::<i64>` reads it.
    ///
    /// # Errors
    ///
    /// [`Error::Other`] where the value is no whole number, or the sum has more than 64 bits. The value stays
    /// as it was.
    pub fn increment(&self, key: &str, delta: i64) -> Result<i64, Error> {
        self.opened()?.increment(key, delta)
    }

    /// The values of these keys as of one moment, each with its key and in this order; `None` where there is
    /// none. At most 256 keys.
    ///
    /// # Errors
    ///
    /// [`Error::NotJson`] where one of them is no JSON, or not of this type.
    pub fn get_many<T: DeserializeOwned>(
        &self,
        keys: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Vec<(String, Option<T>)>, Error> {
        let keys: Vec<String> = keys.into_iter().map(Into::into).collect();
        let values = self.opened()?.get_many(&keys)?.into_iter();
        let read = values.map(|(key, value)| {
            let value = value.map(|value| from_json(&key, &value)).transpose()?;
            Ok((key, value))
        });
        read.collect()
    }

    /// Sets these values, as JSON: all of them at one moment, or none. Of a key that comes twice, the last
    /// one stays. At most 256 keys and 4 MiB.
    ///
    /// # Errors
    ///
    /// [`Error::NotJson`] where one of them cannot be JSON.
    pub fn set_many<T: Serialize>(
        &self,
        values: impl IntoIterator<Item = (impl Into<String>, T)>,
    ) -> Result<(), Error> {
        let json = values.into_iter().map(|(key, value)| {
            let key = key.into();
            let value = to_json(&key, &value)?;
            Ok((key, value))
        });
        let json: Vec<_> = json.collect::<Result<_, Error>>()?;
        self.opened()?.set_many(&json)
    }

    /// Removes these keys and their values, all at one moment. At most 256 keys.
    pub fn delete_many(
        &self,
        keys: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<(), Error> {
        let keys: Vec<String> = keys.into_iter().map(Into::into).collect();
        self.opened()?.delete_many(&keys)
    }

    /// Makes a new value of the old one, sets it, and returns it. Where another changes the value meanwhile,
    /// nothing is lost: `change` is called again, with what there is then. So it should do nothing but make
    /// the value.
    ///
    /// ```
    /// # use ravenry_sdk::{Failure, Result, store, testing::Scene};
    /// # fn remember() -> Result {
    /// let names = store::conversation().update("names", |names: Option<Vec<String>>| {
    ///     let mut names = names.unwrap_or_default();
    ///     if names.len() >= 10 {
    ///         return Err(Failure::new("Ten players are enough.").no_retry().into());
    ///     }
    ///     names.push("Anna".to_owned());
    ///     Ok(names)
    /// })?;
    /// # assert_eq!(names, ["Anna"]);
    /// # Ok(())
    /// # }
    /// # struct Bot;
    /// # impl ravenry_sdk::Bot for Bot {
    /// #     fn respond(&self, _: &ravenry_sdk::Query, _: &mut ravenry_sdk::Reply) -> Result { remember() }
    /// # }
    /// # assert_eq!(Scene::default().ask(&Bot, "hi").result, Ok(()));
    /// ```
    ///
    /// # Errors
    ///
    /// What `change` returns; nothing is set then. An [`Error`] as `?` would pass it on: for its kind, read
    /// the log. After 16 attempts in which another was faster, with pauses of up to a second between them, it is
    /// given up as [`Error::Unavailable`], and nothing was set.
    pub fn update<T: Serialize + DeserializeOwned>(
        &self,
        key: &str,
        mut change: impl FnMut(Option<T>) -> Result<T>,
    ) -> Result<T> {
        let mut cas = self.opened()?.cas(key)?;
        for attempt in 0..ATTEMPTS_MAX {
            if attempt > 0 {
                time::sleep(pause(attempt));
            }
            let old = cas.current()?;
            let old = old.map(|old| from_json(key, &old)).transpose()?;
            let new = change(old)?;
            match cas.swap(&to_json(key, &new)?)? {
                Swap::Done => return Ok(new),
                Swap::Faster(now) => cas = now,
            }
        }
        let why = format!("{key:?} was changed by others during each of {ATTEMPTS_MAX} attempts");
        Err(Error::Unavailable(why).into())
    }
}

/// How long to stand back before this attempt: not for as long as those who were too slow with this one, or
/// all of them would meet again.
fn pause(attempt: u32) -> Duration {
    let longest_ms = 1_u64 << attempt.min(PAUSE_DOUBLINGS_MAX);
    let any = RandomState::new().hash_one(attempt);
    Duration::from_micros(any % longest_ms.saturating_mul(1_000))
}

fn from_json<T: DeserializeOwned>(key: &str, value: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(value).map_err(|error| not_json(key, &error))
}

fn to_json<T: Serialize + ?Sized>(key: &str, value: &T) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).map_err(|error| not_json(key, &error))
}

fn not_json(key: &str, error: &serde_json::Error) -> Error {
    Error::NotJson {
        key: key.to_owned(),
        why: error.to_string(),
    }
}
