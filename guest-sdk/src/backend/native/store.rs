//! What the scene keeps for a bot.

use std::cell::Cell;

use super::{
    kept::{Found, Kept, Scope, Write},
    scene_state::{self, SceneState},
};
use crate::failure::StoreError;

/// Most keys that are listed at once, as in the gateway.
const LISTED_MAX: usize = 1_000;

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

fn with<T>(run: impl FnOnce(&mut SceneState) -> Result<T, StoreError>) -> Result<T, StoreError> {
    let none = "there is a store only while a scene is played: `Scene::ask` or `Scene::during`";
    scene_state::with(run).unwrap_or_else(|| Err(StoreError::Other(none.to_owned())))
}

/// A bucket of the scene.
pub(crate) struct Bucket(Scope);

impl Bucket {
    pub(crate) fn open(name: &str) -> Result<Self, StoreError> {
        let one_of = |id: &str, scope: fn(String) -> Scope| {
            (!id.is_empty()).then(|| Self(scope(id.to_owned())))
        };
        with(|state| {
            let bucket = match name {
                "" | "default" | "bot" => Some(Self(Scope::Bot)),
                "user" => one_of(&state.user_id, Scope::User),
                "conversation" => one_of(&state.conversation_id, Scope::Conversation),
                _ => None,
            };
            bucket.ok_or(StoreError::NoSuchStore)
        })
    }

    fn with<T>(
        &self,
        run: impl FnOnce(&mut Kept, &Scope) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        with(|state| run(&mut state.kept, &self.0))
    }

    pub(crate) fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.with(|kept, scope| Ok(kept.get(scope, key).map(<[u8]>::to_vec)))
    }

    pub(crate) fn set(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.with(|kept, scope| kept.set(scope, key, value))
    }

    pub(crate) fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.with(|kept, scope| {
            kept.delete(scope, key);
            Ok(())
        })
    }

    pub(crate) fn exists(&self, key: &str) -> Result<bool, StoreError> {
        self.with(|kept, scope| Ok(kept.get(scope, key).is_some()))
    }

    pub(crate) fn list_keys(&self, cursor: Option<&str>) -> Result<Page, StoreError> {
        self.with(|kept, scope| {
            let behind = kept.keys_behind(scope, cursor);
            let mut keys: Vec<String> = behind
                .take(LISTED_MAX.saturating_add(1))
                .map(str::to_owned)
                .collect();
            let has_more = keys.len() > LISTED_MAX;
            keys.truncate(LISTED_MAX);
            let cursor = keys.last().filter(|_| has_more).cloned();
            Ok(Page { keys, cursor })
        })
    }

    pub(crate) fn increment(&self, key: &str, delta: i64) -> Result<i64, StoreError> {
        self.with(|kept, scope| kept.increment(scope, key, delta))
    }

    pub(crate) fn cas(&self, key: &str) -> Result<Cas, StoreError> {
        self.with(|kept, scope| Ok(Cas::look(kept, scope.clone(), key.to_owned())))
    }

    pub(crate) fn get_many(&self, keys: &[String]) -> Result<Vec<Found>, StoreError> {
        self.with(|kept, scope| kept.get_many(scope, keys))
    }

    pub(crate) fn set_many(&self, values: &[(String, Vec<u8>)]) -> Result<(), StoreError> {
        self.with(|kept, scope| kept.set_many(scope, values))
    }

    pub(crate) fn delete_many(&self, keys: &[String]) -> Result<(), StoreError> {
        self.with(|kept, scope| kept.delete_many(scope, keys))
    }
}

/// A value that is to be swapped.
pub(crate) struct Cas {
    scope: Scope,
    key: String,
    /// Which write had made the value when it was looked at.
    seen: Cell<Option<Write>>,
}

impl Cas {
    fn look(kept: &Kept, scope: Scope, key: String) -> Self {
        let seen = Cell::new(kept.written(&scope, &key));
        Self { scope, key, seen }
    }

    pub(crate) fn current(&self) -> Result<Option<Vec<u8>>, StoreError> {
        with(|state| {
            self.seen.set(state.kept.written(&self.scope, &self.key));
            let value = state.kept.get(&self.scope, &self.key);
            Ok(value.map(<[u8]>::to_vec))
        })
    }

    pub(crate) fn swap(self, value: &[u8]) -> Result<Swap, StoreError> {
        with(|state| {
            let Self { scope, key, seen } = self;
            if state.kept.written(&scope, &key) != seen.get() {
                return Ok(Swap::Faster(Self::look(&state.kept, scope, key)));
            }
            state.kept.set(&scope, &key, value)?;
            Ok(Swap::Done)
        })
    }
}
