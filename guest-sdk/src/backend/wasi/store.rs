//! What the gateway keeps for a bot.

use crate::{
    failure::StoreError,
    interface::keyvalue::{
        atomics::{self, CasError},
        batch, store,
    },
};

/// A key with its value, where there is one.
pub(crate) type Found = (String, Option<Vec<u8>>);

/// Some of the keys.
pub(crate) struct Page {
    pub(crate) keys: Vec<String>,
    /// Where there are more: what brings them.
    pub(crate) cursor: Option<String>,
}

/// What became of a swap.
pub(crate) enum Swap {
    /// The value is set.
    Done,
    /// Another was faster; with what there is now.
    Faster(Cas),
}

/// A bucket, on the gateway's side of the border.
pub(crate) struct Bucket(store::Bucket);

impl Bucket {
    pub(crate) fn open(name: &str) -> Result<Self, StoreError> {
        Ok(Self(store::open(name)?))
    }

    pub(crate) fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.get(key)?)
    }

    pub(crate) fn set(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        Ok(self.0.set(key, value)?)
    }

    pub(crate) fn delete(&self, key: &str) -> Result<(), StoreError> {
        Ok(self.0.delete(key)?)
    }

    pub(crate) fn exists(&self, key: &str) -> Result<bool, StoreError> {
        Ok(self.0.exists(key)?)
    }

    pub(crate) fn list_keys(&self, cursor: Option<&str>) -> Result<Page, StoreError> {
        let store::KeyResponse { keys, cursor } = self.0.list_keys(cursor)?;
        Ok(Page { keys, cursor })
    }

    pub(crate) fn increment(&self, key: &str, delta: i64) -> Result<i64, StoreError> {
        Ok(atomics::increment(&self.0, key, delta)?)
    }

    pub(crate) fn cas(&self, key: &str) -> Result<Cas, StoreError> {
        Ok(Cas(atomics::Cas::new(&self.0, key)?))
    }

    pub(crate) fn get_many(&self, keys: &[String]) -> Result<Vec<Found>, StoreError> {
        Ok(batch::get_many(&self.0, keys)?)
    }

    pub(crate) fn set_many(&self, values: &[(String, Vec<u8>)]) -> Result<(), StoreError> {
        Ok(batch::set_many(&self.0, values)?)
    }

    pub(crate) fn delete_many(&self, keys: &[String]) -> Result<(), StoreError> {
        Ok(batch::delete_many(&self.0, keys)?)
    }
}

/// A value that is to be swapped.
pub(crate) struct Cas(atomics::Cas);

impl Cas {
    pub(crate) fn current(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.current()?)
    }

    pub(crate) fn swap(self, value: &[u8]) -> Result<Swap, StoreError> {
        match atomics::swap(self.0, value) {
            Ok(()) => Ok(Swap::Done),
            Err(CasError::CasFailed(now)) => Ok(Swap::Faster(Self(now))),
            Err(CasError::StoreError(error)) => Err(error.into()),
        }
    }
}
