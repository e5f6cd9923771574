//! Names and values as they come out of a text, one after the other.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use crate::fields::{Fault, Path};

/// A name by which `serde_json` hands types of its own to itself. It obeys these names in any text.
const PRIVATE: &str = "$serde_json::private::";

/// A text, borrowed where nothing in it is escaped.
#[derive(Deserialize)]
pub(super) struct Name<'t>(#[serde(borrow)] pub(super) Cow<'t, str>);

/// Gives up. The reason is not read.
pub(super) fn unusual<E: Error>() -> E {
    E::custom("unusual")
}

/// Sets what was not set before: which of two members counts is not decided here.
pub(super) fn set<T, E: Error>(slot: &mut Option<T>, value: Option<T>) -> Result<(), E> {
    if slot.is_some() {
        return Err(unusual());
    }
    *slot = value;
    Ok(())
}

/// Reads the value of a member that has the very type that it should have, or is `null`.
pub(super) fn plain<'de, T: Deserialize<'de>, M: MapAccess<'de>>(
    slot: &mut Option<T>,
    members: &mut M,
) -> Result<(), M::Error> {
    let value = members.next_value()?;
    set(slot, value)
}

/// Reads the value of a member that is an object, or `null`.
pub(super) fn object<'de, T: Members, M: MapAccess<'de>>(
    slot: &mut Option<T::Made>,
    members: &mut M,
) -> Result<(), M::Error> {
    let made = members.next_value_seed(OrNull(Object(T::default())))?;
    set(slot, made.flatten())
}

/// Reads the value of a member that is a list of objects, or `null`.
pub(super) fn objects<'de, T: Members, M: MapAccess<'de>>(
    slot: &mut Option<Vec<T::Made>>,
    members: &mut M,
) -> Result<(), M::Error> {
    let list = members.next_value_seed(OrNull(List(PhantomData::<T>)))?;
    set(slot, list)
}

/// Reads the value of a member as the long way does.
pub(super) fn read<'de, T, M: MapAccess<'de>>(
    slot: &mut Option<T>,
    members: &mut M,
    read: impl FnOnce(Value, &Path<'_>) -> Result<T, Fault>,
) -> Result<(), M::Error> {
    match members.next_value()? {
        Value::Null => set(slot, None),
        value => {
            let value = read(value, &Path::Top).map_err(|_| unusual())?;
            set(slot, Some(value))
        }
    }
}

/// Passes over the value of a member that is not known.
pub(super) fn ignore<'de, M: MapAccess<'de>>(name: &str, members: &mut M) -> Result<(), M::Error> {
    if name.starts_with(PRIVATE) {
        return Err(unusual());
    }
    members.next_value::<Ignored>().map(|_| ())
}

/// The members of an object, filled in the order in which they come.
pub(super) trait Members: Default {
    /// What they make together.
    type Made;

    /// Reads the value of the member with this name.
    fn read<'de, M: MapAccess<'de>>(&mut self, name: &str, members: &mut M)
    -> Result<(), M::Error>;

    /// What they make; `None`: it is left out.
    fn made<E: Error>(self) -> Result<Option<Self::Made>, E>;
}

/// Reads an object.
struct Object<T>(T);

impl<'de, T: Members> DeserializeSeed<'de> for Object<T> {
    type Value = Option<T::Made>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de, T: Members> Visitor<'de> for Object<T> {
    type Value = Option<T::Made>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut members: M) -> Result<Self::Value, M::Error> {
        while let Some(Name(name)) = members.next_key()? {
            self.0.read(&name, &mut members)?;
        }
        self.0.made()
    }
}

/// Reads a list of objects. Those that are `null` are left out.
struct List<T>(PhantomData<T>);

impl<'de, T: Members> DeserializeSeed<'de> for List<T> {
    type Value = Vec<T::Made>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de, T: Members> Visitor<'de> for List<T> {
    type Value = Vec<T::Made>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<Self::Value, S::Error> {
        let mut list = Vec::new();
        while let Some(made) = items.next_element_seed(OrNull(Object(T::default())))? {
            list.extend(made.flatten());
        }
        Ok(list)
    }
}

/// What a seed makes, or `None` for `null`.
pub(super) struct OrNull<S>(pub(super) S);

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for OrNull<S> {
    type Value = Option<S::Value>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_option(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for OrNull<S> {
    type Value = Option<S::Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        self.0.deserialize(json).map(Some)
    }
}

/// A value that is not needed. Unlike `serde::de::IgnoredAny`, it is held to the rules of those that
/// are kept: its depth, the range of its numbers, whole characters.
struct Ignored;

impl<'de> Deserialize<'de> for Ignored {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Ignored {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<Self, S::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<Self, M::Error> {
        while let Some(Name(name)) = members.next_key()? {
            ignore(&name, &mut members)?;
        }
        Ok(self)
    }
}
