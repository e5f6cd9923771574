//! Wrong keys: a client that tries many waits for each answer. A right key never waits, so that no client is
//! locked out by others behind the same address.

use std::{
    hash::{BuildHasher, RandomState},
    net::{IpAddr, Ipv6Addr},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::time::Instant;

/// Wrong keys in a row that cost nothing: a platform that still has the old one asks on for a while.
const FREE: u64 = 100;

/// What each beyond them costs, in milliseconds.
const EACH_MS: u64 = 100;

/// Longest wait for an answer, in milliseconds; a client that would wait longer is sent away.
const WAIT_MAX_MS: u64 = 5_000;

/// Accounts in all. Addresses that share one owe together, which costs only clients with a wrong key.
const ACCOUNTS: usize = 4096;

/// Addresses that have tried wrong keys of late. No lock: all threads that serve come here.
pub(in crate::server) struct Guesses {
    began: Instant,
    /// No client can tell which addresses share an account.
    hasher: RandomState,
    /// When all is paid for that was tried, in milliseconds since the beginning.
    paid: Box<[AtomicU64]>,
}

impl Guesses {
    /// None has.
    pub(in crate::server) fn new() -> Self {
        Self {
            began: Instant::now(),
            hasher: RandomState::new(),
            paid: (0..ACCOUNTS).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// How long the answer to one more wrong key waits; `None`: too many wait already.
    pub(in crate::server) fn wrong(&self, from: IpAddr, now: Instant) -> Option<Duration> {
        let accounts = u64::try_from(ACCOUNTS).unwrap_or(u64::MAX);
        let account = self.hasher.hash_one(network(from)) % accounts;
        let account = self.paid.get(usize::try_from(account).ok()?)?;
        let now = now.saturating_duration_since(self.began).as_millis();
        let now = u64::try_from(now).unwrap_or(u64::MAX);
        let mut wait = None;
        let book = |paid: u64| {
            let next = paid.max(now).saturating_add(EACH_MS);
            let owed = next.saturating_sub(now);
            wait = Some(owed.saturating_sub(FREE * EACH_MS)).filter(|wait| *wait <= WAIT_MAX_MS);
            // A client that is sent away owes nothing for it: it would never end.
            wait.map(|_| next)
        };
        let _ = account.fetch_update(Ordering::Relaxed, Ordering::Relaxed, book);
        wait.map(Duration::from_millis)
    }
}

/// What one person has of addresses: one of IPv4, 64 bits of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let first = address.to_bits() & (u128::MAX << 64);
            Ipv6Addr::from_bits(first).into()
        }
        four @ IpAddr::V4(_) => four,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EACH: Duration = Duration::from_millis(EACH_MS);

    fn address(number: u32) -> IpAddr {
        IpAddr::V4(number.into())
    }

    /// The first are free; then each waits for those before it, and is sent away where that is too long.
    #[test]
    fn many_from_one_address_wait() {
        let guesses = Guesses::new();
        let now = guesses.began;
        let wrong = |from, now| guesses.wrong(from, now);
        for _ in 0..FREE {
            assert_eq!(wrong(address(1), now), Some(Duration::ZERO));
        }
        for number in 1..=50 {
            assert_eq!(wrong(address(1), now), Some(EACH * number));
        }
        for _ in 0..1000 {
            assert_eq!(wrong(address(1), now), None);
        }
        // One of them may share the account.
        assert!((2..12).any(|other| wrong(address(other), now) == Some(Duration::ZERO)));
        let later = now + EACH * 10;
        assert_eq!(wrong(address(1), later), Some(EACH * 41));
        let much_later = now + Duration::from_mins(1);
        assert_eq!(wrong(address(1), much_later), Some(Duration::ZERO));
    }

    #[test]
    fn a_network_of_version_6_is_one_address() {
        let all = |text: &str| network(text.parse().unwrap());
        assert_eq!(all("2001:db8::1"), all("2001:db8::ffff:1:2:3"));
        assert_ne!(all("2001:db8::1"), all("2001:db8:0:1::1"));
        assert_eq!(all("::ffff:192.0.2.1"), all("192.0.2.1"));
        assert_ne!(all("::ffff:192.0.2.1"), all("192.0.2.2"));
    }

    /// However many addresses a client has: what is remembered has a bound, and so has what it tries for free.
    #[test]
    fn many_addresses_are_no_way_out() {
        let guesses = Guesses::new();
        let now = guesses.began;
        let free = (0..1_000_000).filter(|number| {
            let wait = guesses.wrong(address(*number), now);
            wait == Some(Duration::ZERO)
        });
        assert!(free.count() <= 100 * ACCOUNTS);
        assert_eq!(guesses.paid.len(), ACCOUNTS);
    }
}
