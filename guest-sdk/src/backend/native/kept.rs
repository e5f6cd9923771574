//! The values of a scene, by the rules and within the limits of the gateway.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Bound,
};

use ravenry_protocol::store_error::FULL;
use serde_json::Value;

use crate::failure::StoreError;

/// Longest key, in bytes, as in the gateway.
const KEY_BYTES_MAX: usize = 1_024;

/// Longest value, in bytes, as in the gateway.
const VALUE_BYTES_MAX: usize = 1024 * 1024;

/// Most bytes of all keys and values, as in the gateway.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// Most keys, as in the gateway.
const KEYS_MAX: usize = 100_000;

/// Most keys of one call, as in the gateway.
const BATCH_KEYS_MAX: usize = 256;

/// Most bytes of the values of one call, as in the gateway.
const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Whose values they are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The bot's: [`store::bot`](crate::store::bot).
    Bot,
    /// Those of the person with this identifier: [`store::user`](crate::store::user).
    User(String),
    /// Those of the conversation with this identifier:
    /// [`store::conversation`](crate::store::conversation).
    Conversation(String),
}

impl Scope {
    /// The person with this identifier.
    pub fn user(id: impl Into<String>) -> Self {
        Self::User(id.into())
    }

    /// The conversation with this identifier.
    pub fn conversation(id: impl Into<String>) -> Self {
        Self::Conversation(id.into())
    }
}

/// What a bot remembers in a test: set before in [`Scene::store`](crate::testing::Scene::store), looked at
/// after in [`Transcript::store`](crate::testing::Transcript::store).
///
/// ```
/// use ravenry_sdk::serde_json::json;
/// use ravenry_sdk::testing::{Scope, Store};
///
/// let store = Store::new()
///     .with(Scope::Bot, "visits", 3)
///     .with(Scope::user("anna"), "likes", json!(["milk", "tea"]));
/// assert_eq!(store.value(&Scope::Bot, "visits"), Some(json!(3)));
/// assert_eq!(store.value(&Scope::user("bert"), "likes"), None);
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Store(BTreeMap<Scope, BTreeMap<String, Vec<u8>>>);

impl Store {
    /// A store with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a value, as JSON.
    #[must_use]
    pub fn with(self, scope: Scope, key: impl Into<String>, value: impl Into<Value>) -> Self {
        let value: Value = value.into();
        self.with_bytes(scope, key, value.to_string())
    }

    /// Sets a value to these bytes.
    #[must_use]
    pub fn with_bytes(
        mut self,
        scope: Scope,
        key: impl Into<String>,
        value: impl Into<Vec<u8>>,
    ) -> Self {
        let values = self.0.entry(scope).or_default();
        values.insert(key.into(), value.into());
        self
    }

    /// The value as JSON; `None` where there is none, or one that is no JSON.
    pub fn value(&self, scope: &Scope, key: &str) -> Option<Value> {
        serde_json::from_slice(self.bytes(scope, key)?).ok()
    }

    /// The value as its bytes; `None` where there is none.
    pub fn bytes(&self, scope: &Scope, key: &str) -> Option<&[u8]> {
        Some(self.0.get(scope)?.get(key)?)
    }

    /// The keys of this scope, in the order of their bytes.
    pub fn keys(&self, scope: &Scope) -> impl Iterator<Item = &str> {
        let values = self.0.get(scope).into_iter().flatten();
        values.map(|(key, _)| key.as_str())
    }
}

impl fmt::Debug for Store {
    /// Values as text, because most of them are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.0.iter().flat_map(|(scope, values)| {
            let entry = move |(key, value): (&String, &Vec<u8>)| {
                (
                    (scope, key.clone()),
                    String::from_utf8_lossy(value).into_owned(),
                )
            };
            values.iter().map(entry)
        });
        f.debug_map().entries(all).finish()
    }
}

/// A key with its value, where there is one.
pub(super) type Found = (String, Option<Vec<u8>>);

/// Tells writes from each other.
pub(super) type Write = u64;

/// The store of a scene while it is played.
#[derive(Default)]
pub(crate) struct Kept {
    store: Store,
    /// What has made each value. Those that are not here were there at the beginning.
    written: BTreeMap<(Scope, String), Write>,
    writes: Write,
    keys: usize,
    bytes: usize,
}

impl Kept {
    pub(crate) fn new(store: Store) -> Self {
        let all = || store.0.values().flatten();
        let sizes = all().map(|(key, value)| size(key, value));
        Self {
            keys: all().count(),
            bytes: sizes.sum(),
            store,
            ..Self::default()
        }
    }

    /// What is there at the end. A scope without values is as if it had never had any.
    pub(crate) fn into_store(mut self) -> Store {
        self.store.0.retain(|_, values| !values.is_empty());
        self.store
    }

    pub(super) fn get(&self, scope: &Scope, key: &str) -> Option<&[u8]> {
        self.store.bytes(scope, key)
    }

    /// What has made this value; `None` where there is none.
    pub(super) fn written(&self, scope: &Scope, key: &str) -> Option<Write> {
        self.get(scope, key)?;
        let place = (scope.clone(), key.to_owned());
        Some(self.written.get(&place).copied().unwrap_or(0))
    }

    pub(super) fn keys_behind(
        &self,
        scope: &Scope,
        key: Option<&str>,
    ) -> impl Iterator<Item = &str> {
        let start = key.map_or(Bound::Unbounded, Bound::Excluded);
        let values = self.store.0.get(scope).into_iter();
        let behind =
            values.flat_map(move |values| values.range::<str, _>((start, Bound::Unbounded)));
        behind.map(|(key, _)| key.as_str())
    }

    pub(super) fn set(&mut self, scope: &Scope, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.write(scope, &BTreeMap::from([(key, value)]))
    }

    pub(super) fn delete(&mut self, scope: &Scope, key: &str) {
        let values = self.store.0.get_mut(scope);
        if let Some(value) = values.and_then(|values| values.remove(key)) {
            self.keys = self.keys.saturating_sub(1);
            self.bytes = self.bytes.saturating_sub(size(key, &value));
        }
    }

    pub(super) fn increment(
        &mut self,
        scope: &Scope,
        key: &str,
        delta: i64,
    ) -> Result<i64, StoreError> {
        let before = match self.get(scope, key) {
            None => 0,
            Some(value) => std::str::from_utf8(value)
                .ok()
                .and_then(|text| text.parse::<i64>().ok())
                .ok_or_else(|| refused("the value is no whole number of 64 bits"))?,
        };
        let sum = before.checked_add(delta);
        let sum = sum.ok_or_else(|| refused("the sum does not fit into 64 bits"))?;
        self.set(scope, key, sum.to_string().as_bytes())?;
        Ok(sum)
    }

    pub(super) fn get_many(
        &self,
        scope: &Scope,
        keys: &[String],
    ) -> Result<Vec<Found>, StoreError> {
        check_count(keys.len())?;
        let distinct: BTreeSet<&String> = keys.iter().collect();
        let sizes = distinct.iter().filter_map(|key| self.get(scope, key));
        check_bytes(sizes.map(<[u8]>::len).sum())?;
        let value = |key: &String| (key.clone(), self.get(scope, key).map(<[u8]>::to_vec));
        Ok(keys.iter().map(value).collect())
    }

    pub(super) fn set_many(
        &mut self,
        scope: &Scope,
        values: &[(String, Vec<u8>)],
    ) -> Result<(), StoreError> {
        check_count(values.len())?;
        check_bytes(values.iter().map(|(_, value)| value.len()).sum())?;
        let values = values.iter();
        let values = values.map(|(key, value)| (key.as_str(), value.as_slice()));
        self.write(scope, &values.collect())
    }

    pub(super) fn delete_many(&mut self, scope: &Scope, keys: &[String]) -> Result<(), StoreError> {
        check_count(keys.len())?;
        for key in keys {
            self.delete(scope, key);
        }
        Ok(())
    }

    /// Sets all of these, or refuses all.
    fn write(&mut self, scope: &Scope, values: &BTreeMap<&str, &[u8]>) -> Result<(), StoreError> {
        let (mut keys, mut bytes) = (self.keys, self.bytes);
        for (key, value) in values {
            check_entry(key, value)?;
            match self.get(scope, key) {
                Some(old) => bytes = bytes.saturating_sub(size(key, old)),
                None => keys = keys.saturating_add(1),
            }
            bytes = bytes.saturating_add(size(key, value));
        }
        if keys > self.keys.max(KEYS_MAX) {
            return Err(full(KEYS_MAX, "entries"));
        }
        if bytes > self.bytes.max(BYTES_MAX) {
            return Err(full(BYTES_MAX, "bytes"));
        }
        (self.keys, self.bytes) = (keys, bytes);
        self.writes = self.writes.saturating_add(1);
        let kept = self.store.0.entry(scope.clone()).or_default();
        for (key, value) in values {
            kept.insert((*key).to_owned(), value.to_vec());
            let place = (scope.clone(), (*key).to_owned());
            self.written.insert(place, self.writes);
        }
        Ok(())
    }
}

fn size(key: &str, value: &[u8]) -> usize {
    key.len().saturating_add(value.len())
}

fn full(most: usize, what: &str) -> StoreError {
    StoreError::Full(format!(
        "{FULL}: no more than {most} {what} of the bot are kept"
    ))
}

fn refused(why: impl Into<String>) -> StoreError {
    StoreError::Other(why.into())
}

fn check_entry(key: &str, value: &[u8]) -> Result<(), StoreError> {
    if key.len() > KEY_BYTES_MAX {
        return Err(refused(format!("a key has at most {KEY_BYTES_MAX} bytes")));
    }
    if value.len() > VALUE_BYTES_MAX {
        return Err(refused(format!(
            "a value has at most {VALUE_BYTES_MAX} bytes"
        )));
    }
    Ok(())
}

fn check_count(keys: usize) -> Result<(), StoreError> {
    if keys > BATCH_KEYS_MAX {
        return Err(refused(format!(
            "at most {BATCH_KEYS_MAX} keys are taken at once"
        )));
    }
    Ok(())
}

fn check_bytes(bytes: usize) -> Result<(), StoreError> {
    if bytes > BATCH_BYTES_MAX {
        let bound = "the values of one call have at most";
        return Err(refused(format!("{bound} {BATCH_BYTES_MAX} bytes together")));
    }
    Ok(())
}
