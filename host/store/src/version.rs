//! Which write of an entry it was: what a swap compares.

/// The version of an entry. Each write of an entry gives it one that no entry of the tenant ever had, also
/// when it was deleted meanwhile and set to the same value again.
///
/// Not being there is a version too, but only one: who swaps from it succeeds when the entry is not there
/// at that moment, also when somebody has set and deleted it meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(pub(crate) i64);

impl Version {
    /// The entry is not there.
    pub const ABSENT: Self = Self(0);
}

/// An entry and its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// The value; `None`: there is no such entry.
    pub value: Option<Vec<u8>>,
    /// What [`Store::swap`](crate::Store::swap) compares.
    pub version: Version,
}
