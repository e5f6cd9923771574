//! The interface `wasi:keyvalue@0.2.0-draft2`: converts and forwards.

pub(super) mod draft;

use wasmtime::component::{HasSelf, Linker, Resource};

use super::instance::StoreData;
use crate::imports::keyvalue::{Buckets, Cas, CasError, KeyvalueError, OpenBucket};

pub(super) mod bindings {
    //! Generated from `wit/deps/wasi-keyvalue`.
    #![allow(
        missing_docs,
        unreachable_pub,
        clippy::all,
        clippy::pedantic,
        reason = "generated"
    )]
    wasmtime::component::bindgen!({
        path: "../../wit/deps/wasi-keyvalue",
        world: "wasi:keyvalue/imports",
        imports: { default: async | trappable },
        with: {
            "wasi:keyvalue/store.bucket": crate::imports::keyvalue::OpenBucket,
            "wasi:keyvalue/atomics.cas": crate::imports::keyvalue::Cas,
        },
    });
}

use bindings::wasi::keyvalue::{atomics, batch, store};

/// What a function gives back: the outer error would trap, and is for a broken handle alone.
type Answer<T> = wasmtime::Result<Result<T, store::Error>>;

/// Adds the interfaces.
pub(super) fn add_to_linker(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    store::add_to_linker::<_, HasSelf<StoreData>>(linker, |state| state)?;
    atomics::add_to_linker::<_, HasSelf<StoreData>>(linker, |state| state)?;
    batch::add_to_linker::<_, HasSelf<StoreData>>(linker, |state| state)?;
    draft::add_to_linker(linker)
}

impl From<KeyvalueError> for store::Error {
    fn from(error: KeyvalueError) -> Self {
        match error {
            KeyvalueError::NoSuchStore => Self::NoSuchStore,
            KeyvalueError::Other(sentence) => Self::Other(sentence),
        }
    }
}

impl StoreData {
    /// The buckets of this call, and one of them that is open.
    fn bucket(&self, bucket: &Resource<OpenBucket>) -> wasmtime::Result<(&Buckets, &OpenBucket)> {
        let open = self.table.get(bucket)?;
        // Where there are no buckets, none was opened.
        let none = || wasmtime::Error::msg("no bucket is open");
        Ok((self.call.buckets.as_ref().ok_or_else(none)?, open))
    }

    /// Opens a bucket, for guests of either draft.
    fn open_bucket(
        &mut self,
        name: &str,
    ) -> wasmtime::Result<Result<Resource<OpenBucket>, KeyvalueError>> {
        let opened = match &self.call.buckets {
            Some(buckets) => buckets.open(name),
            None => Err(KeyvalueError::NoSuchStore),
        };
        opened
            .map(|bucket| self.table.push(bucket))
            .transpose_table()
    }
}

/// `Result<Result<T, table's>, ours>` as wasmtime wants it.
trait TransposeTable<T> {
    fn transpose_table(self) -> wasmtime::Result<Result<T, KeyvalueError>>;
}

impl<T> TransposeTable<T>
    for Result<Result<T, wasmtime::component::ResourceTableError>, KeyvalueError>
{
    fn transpose_table(self) -> wasmtime::Result<Result<T, KeyvalueError>> {
        match self {
            Ok(pushed) => Ok(Ok(pushed?)),
            Err(error) => Ok(Err(error)),
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

    async fn list_keys(
        &mut self,
        bucket: Resource<OpenBucket>,
        cursor: Option<String>,
    ) -> Answer<store::KeyResponse> {
        let (buckets, bucket) = self.bucket(&bucket)?;
        let listed = buckets.list_keys(bucket, cursor.as_deref()).await;
        Ok(listed
            .map(|page| store::KeyResponse {
                keys: page.keys,
                cursor: page.next,
            })
            .map_err(Into::into))
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
        delta: i64,
    ) -> Answer<i64> {
        let (buckets, bucket) = self.bucket(&bucket)?;
        let sum = buckets.increment(bucket, &key, delta).await;
        Ok(sum.map_err(Into::into))
    }

    async fn swap(
        &mut self,
        cas: Resource<Cas>,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), atomics::CasError>> {
        let cas = self.table.delete(cas)?;
        let Some(buckets) = &self.call.buckets else {
            return Ok(Err(atomics::CasError::StoreError(
                store::Error::NoSuchStore,
            )));
        };
        match buckets.swap(cas, value).await {
            Ok(()) => Ok(Ok(())),
            Err(CasError::Store(error)) => Ok(Err(atomics::CasError::StoreError(error.into()))),
            Err(CasError::Failed(cas)) => {
                let cas = self.table.push(cas)?;
                Ok(Err(atomics::CasError::CasFailed(cas)))
            }
        }
    }
}

impl atomics::HostCas for StoreData {
    async fn new(&mut self, bucket: Resource<OpenBucket>, key: String) -> Answer<Resource<Cas>> {
        let (buckets, bucket) = self.bucket(&bucket)?;
        let cas = buckets.cas(bucket, key).await;
        let pushed = cas.map(|cas| self.table.push(cas)).transpose_table()?;
        Ok(pushed.map_err(Into::into))
    }

    async fn current(&mut self, cas: Resource<Cas>) -> Answer<Option<Vec<u8>>> {
        let cas = self.table.get_mut(&cas)?;
        let Some(buckets) = &self.call.buckets else {
            return Ok(Err(store::Error::NoSuchStore));
        };
        Ok(buckets.current(cas).await.map_err(Into::into))
    }

    async fn drop(&mut self, cas: Resource<Cas>) -> wasmtime::Result<()> {
        self.table.delete(cas)?;
        Ok(())
    }
}

impl batch::Host for StoreData {
    async fn get_many(
        &mut self,
        bucket: Resource<OpenBucket>,
        keys: Vec<String>,
    ) -> Answer<Vec<(String, Option<Vec<u8>>)>> {
        let (buckets, bucket) = self.bucket(&bucket)?;
        let values = buckets.get_many(bucket, &keys).await;
        Ok(values
            .map(|values| keys.into_iter().zip(values).collect())
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
