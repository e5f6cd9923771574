//! The interface `wasi:keyvalue@0.2.0-draft`, for components that were built against it: as its successor, with
//! numbers for cursors and no swap.

use wasmtime::component::{HasSelf, Linker, Resource};

use super::StoreData;
use crate::imports::keyvalue::{KeyvalueError, OpenBucket};

mod bindings {
    //! Generated from `wit/wasi-keyvalue-draft`.
    #![allow(
        missing_docs,
        unreachable_pub,
        clippy::all,
        clippy::pedantic,
        reason = "generated"
    )]
    wasmtime::component::bindgen!({
        path: "../../wit/wasi-keyvalue-draft",
        world: "wasi:keyvalue/imports",
        imports: { default: async | trappable },
        with: { "wasi:keyvalue/store.bucket": crate::imports::keyvalue::OpenBucket },
    });
}

use bindings::wasi::keyvalue::{atomics, batch, store};

type Answer<T> = wasmtime::Result<Result<T, store::Error>>;

/// Adds the interfaces.
pub(in crate::sandbox) fn add_to_linker(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    store::add_to_linker::<_, HasSelf<StoreData>>(linker, |state| state)?;
    atomics::add_to_linker::<_, HasSelf<StoreData>>(linker, |state| state)?;
    batch::add_to_linker::<_, HasSelf<StoreData>>(linker, |state| state)
}

impl From<KeyvalueError> for store::Error {
    fn from(error: KeyvalueError) -> Self {
        match error {
            KeyvalueError::NoSuchStore => Self::NoSuchStore,
            KeyvalueError::Other(sentence) => Self::Other(sentence),
        }
    }
}

impl store::Host for StoreData {
    async fn open(&mut self, identifier: String) -> Answer<Resource<OpenBucket>> {
        Ok(self.open_bucket(&identifier)?.map_err(Into::into))
    }
}

impl store::HostBucket for StoreData {
    async fn get(&mut self, bucket: Resource<OpenBucket>, key: String) -> Answer<Option<Vec<u8>>> {
        let (buckets, bucket) = self.bucket(&bucket)?;
        Ok(buckets.get(bucket, &key).await.map_err(Into::into))
    }

    async fn set(
        &mut self,
        bucket: Resource<OpenBucket>,
        key: String,
        value: Vec<u8>,
    ) -> Answer<()> {
        let (buckets, bucket) = self.bucket(&bucket)?;
        Ok(buckets.set(bucket, &key, value).await.map_err(Into::into))
    }

    async fn delete(&mut self, bucket: Resource<OpenBucket>, key: String) -> Answer<()> {
        let (buckets, bucket) = self.bucket(&bucket)?;
        Ok(buckets.delete(bucket, &key).await.map_err(Into::into))
    }

    async fn exists(&mut self, bucket: Resource<OpenBucket>, key: String) -> Answer<bool> {
        let (buckets, bucket) = self.bucket(&bucket)?;
        Ok(buckets.exists(bucket, &key).await.map_err(Into::into))
    }

    /// A number stands for the text that the store gave for the last list of this bucket.
    async fn list_keys(
        &mut self,
        handle: Resource<OpenBucket>,
        cursor: Option<u64>,
    ) -> Answer<store::KeyResponse> {
        let (buckets, bucket) = self.bucket(&handle)?;
        let known = bucket.numbered.as_ref();
        let text = known.filter(|(known, _)| Some(*known) == cursor);
        if cursor.is_some() && text.is_none() {
            let sentence = "this cursor is not that of the last list of keys";
            return Ok(Err(store::Error::Other(sentence.to_owned())));
        }
        let text = text.map(|(_, text)| text.as_str());
        let page = match buckets.list_keys(bucket, text).await {
            Ok(page) => page,
            Err(error) => return Ok(Err(error.into())),
        };
        let last = known.map_or(0, |(number, _)| *number);
        let next = page.next.map(|text| (last.wrapping_add(1), text));
        let cursor = next.as_ref().map(|(number, _)| *number);
        self.table.get_mut(&handle)?.numbered = next;
        Ok(Ok(store::KeyResponse {
            keys: page.keys,
            cursor,
        }))
    }

    async fn drop(&mut self, bucket: Resource<OpenBucket>) -> wasmtime::Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl atomics::Host for StoreData {
    async fn increment(
        &mut self,
        bucket: Resource<OpenBucket>,
        key: String,
        delta: u64,
    ) -> Answer<u64> {
        let (buckets, bucket) = self.bucket(&bucket)?;
        let too_large = || {
            Err(store::Error::Other(
                "the number has more than 63 bits".to_owned(),
            ))
        };
        let Ok(delta) = i64::try_from(delta) else {
            return Ok(too_large());
        };
        Ok(match buckets.increment(bucket, &key, delta).await {
            Ok(sum) => match u64::try_from(sum) {
                Ok(sum) => Ok(sum),
                // A guest of the newer draft has made it negative.
                Err(_) => Err(store::Error::Other("the number is below 0".to_owned())),
            },
            Err(error) => Err(error.into()),
        })
    }
}

impl batch::Host for StoreData {
    async fn get_many(
        &mut self,
        bucket: Resource<OpenBucket>,
        keys: Vec<String>,
    ) -> Answer<Vec<Option<(String, Vec<u8>)>>> {
        let (buckets, bucket) = self.bucket(&bucket)?;
        let values = buckets.get_many(bucket, &keys).await;
        let pair = |(key, value): (String, Option<Vec<u8>>)| value.map(|value| (key, value));
        Ok(values
            .map(|values| keys.into_iter().zip(values).map(pair).collect())
            .map_err(Into::into))
    }

    async fn set_many(
        &mut self,
        bucket: Resource<OpenBucket>,
        key_values: Vec<(String, Vec<u8>)>,
    ) -> Answer<()> {
        let (buckets, bucket) = self.bucket(&bucket)?;
        let set = buckets.set_many(bucket, key_values).await;
        Ok(set.map_err(Into::into))
    }

    async fn delete_many(&mut self, bucket: Resource<OpenBucket>, keys: Vec<String>) -> Answer<()> {
        let (buckets, bucket) = self.bucket(&bucket)?;
        let deleted = buckets.delete_many(bucket, &keys).await;
        Ok(deleted.map_err(Into::into))
    }
}
