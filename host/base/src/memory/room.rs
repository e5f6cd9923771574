//! Room for the bodies of requests: who may fill how much of it before a run takes them over.
//!
//! A room is not divided in advance. A tenant may have as much of it as is still free: alone half of it, two
//! of them a third each; and each of its bots as much as the tenant may still have: alone a third of the room.
//! So each newcomer finds something, whatever others have announced or left waiting in a queue: also the bot
//! with a key, beside one that every client may ask. Small bodies have a room of their own, which large ones
//! cannot fill.
//!
//! Nothing here locks or waits: threads of a lower priority hold room, too. Who finds none tries again.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use super::{Booking, MemoryPool};

/// What part of the machine's memory large bodies may take until a run has them: untrusted clients send them.
const LARGE_SHARE: u64 = 16;

/// What part of it small ones may take: at 4 GiB, 4,096 of the greatest length.
const SMALL_SHARE: u64 = 64;

/// Room that a small machine has for large ones, so that one of 16 MiB (the default bound) and its
/// pieces fit with others beside it.
const LARGE_BYTES_MIN: u64 = 32 * 1024 * 1024;

/// Room that a small machine has for small ones: 512 of the greatest length.
const SMALL_BYTES_MIN: u64 = 8 * 1024 * 1024;

/// Room of one kind.
#[derive(Debug)]
struct Room {
    used: AtomicU64,
    bytes_max: u64,
}

impl Room {
    fn new(bytes_max: u64) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicU64::new(0),
            bytes_max,
        })
    }

    /// Takes so much, and says what is free after that; `None`: there is not so much.
    fn take(&self, bytes: u64) -> Option<u64> {
        let fits = |sum: &u64| *sum <= self.bytes_max;
        let order = Ordering::Relaxed;
        let sum = |used: u64| used.checked_add(bytes).filter(fits);
        let before = self.used.try_update(order, order, sum).ok()?;
        Some(self.bytes_max.saturating_sub(before.saturating_add(bytes)))
    }

    fn give(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The rooms of a process.
#[derive(Debug)]
pub struct Rooms {
    small: Arc<Room>,
    large: Arc<Room>,
}

/// Which room a body is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomKind {
    /// Read and decoded at once where it arrives.
    Small,
    /// All others.
    Large,
}

impl Rooms {
    /// For a machine with so much memory.
    pub fn new(memory_bytes: u64) -> Self {
        Self {
            small: Room::new((memory_bytes / SMALL_SHARE).max(SMALL_BYTES_MIN)),
            large: Room::new((memory_bytes / LARGE_SHARE).max(LARGE_BYTES_MIN)),
        }
    }

    /// Lets in a body of this tenant, for this bot of it, of which nothing has come yet. What it takes besides
    /// is booked on these pools.
    pub fn enter(
        &self,
        kind: RoomKind,
        [tenant, bot]: [&Parts; 2],
        pools: [Arc<MemoryPool>; 3],
    ) -> RequestMemory {
        let (room, tenant, bot) = match kind {
            RoomKind::Small => (&self.small, &tenant.small, &bot.small),
            RoomKind::Large => (&self.large, &tenant.large, &bot.large),
        };
        RequestMemory {
            stay: Stay {
                bytes: 0,
                room: Arc::clone(room),
                tenant: Arc::clone(tenant),
                bot: Arc::clone(bot),
            },
            booking: Booking::new(pools),
        }
    }
}

/// What a tenant, or a bot, has of each room.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    small: Arc<AtomicU64>,
    large: Arc<AtomicU64>,
}

/// Bytes of one body in a room. Dropping it gives them back.
#[derive(Debug)]
struct Stay {
    bytes: u64,
    room: Arc<Room>,
    tenant: Arc<AtomicU64>,
    bot: Arc<AtomicU64>,
}

impl Stay {
    /// Takes so many from now on. `false`: there is no room for more, and nothing has changed.
    fn set(&mut self, bytes: u64) -> bool {
        if bytes <= self.bytes {
            self.give(self.bytes.saturating_sub(bytes));
            return true;
        }
        let more = bytes.saturating_sub(self.bytes);
        let Some(free) = self.room.take(more) else {
            return false;
        };
        // The only one of a tenant, or of a bot, is not measured: it would never come where there is little room.
        let add = |part: &AtomicU64| {
            let before = part.fetch_add(more, Ordering::Relaxed);
            (before.saturating_add(more), before <= self.bytes)
        };
        let (tenant, is_only) = add(&self.tenant);
        let (bot, is_only_of_bot) = add(&self.bot);
        let left_to_tenant = free.saturating_sub(tenant);
        self.bytes = bytes;
        if (is_only || tenant <= free) && (is_only_of_bot || bot <= left_to_tenant) {
            return true;
        }
        self.give(more);
        false
    }

    fn give(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_sub(bytes);
        self.tenant.fetch_sub(bytes, Ordering::Relaxed);
        self.bot.fetch_sub(bytes, Ordering::Relaxed);
        self.room.give(bytes);
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        self.give(self.bytes);
    }
}

/// What a request takes from its first byte until it is freed: room for its body until a run has it, and
/// a booking on the pools of its bot, its tenant and the process. Dropping it gives both back.
#[derive(Debug)]
pub struct RequestMemory {
    stay: Stay,
    booking: Booking,
}

impl RequestMemory {
    /// Holds a body of `body` bytes from now on, and `all` bytes with what is made of it. `false`: there
    /// is not so much, and nothing has changed.
    pub fn hold(&mut self, body: u64, all: u64) -> bool {
        let before = self.stay.bytes;
        if !self.stay.set(body) {
            return false;
        }
        let booked = self.booking.set(all);
        if !booked {
            // It has no less than that now, so this cannot fail.
            self.stay.set(before.min(body));
        }
        booked
    }

    /// A run has the request: it leaves its room. The booking of `body` bytes is the run's from now on; the
    /// rest stays booked here.
    pub fn hand_over(&mut self, body: u64) -> Booking {
        self.stay.set(0);
        self.booking.split(body)
    }
}

#[cfg(test)]
#[path = "room_tests.rs"]
mod tests;
