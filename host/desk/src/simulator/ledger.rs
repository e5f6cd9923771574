//! A person's money: what is left, what bots have had authorized, and what they took.

use parking_lot::Mutex;
use serde::Serialize;

use super::recent::Recent;

/// What a person can spend by default, in thousandths of a US cent: 100 US dollars.
pub const BALANCE: u64 = 10_000_000;

/// A person's money, and what bots had of it.
#[derive(Clone, Debug, Serialize)]
pub struct Ledger {
    /// What is left, in thousandths of a US cent.
    pub balance: u64,
    /// Queries that something was authorized or captured for, in the order of their first bills.
    pub tabs: Vec<Tab>,
}

/// What one query has cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tab {
    /// Which query.
    pub bot_query_id: String,
    /// Whose bill it is; empty where the key tells nothing.
    pub bots: Vec<String>,
    /// What may be captured in all, in thousandths of a US cent.
    pub authorized: u64,
    /// What was captured.
    pub captured: u64,
}

/// The ledger as it is kept.
#[derive(Debug)]
pub(super) struct Book(Mutex<Entries>);

#[derive(Debug)]
struct Entries {
    balance: u64,
    /// In the order of their first bills.
    tabs: Recent<Tab>,
}

impl Book {
    /// One for a person who has so much.
    pub(super) fn new(balance: u64) -> Self {
        let tabs = Recent::default();
        Self(Mutex::new(Entries { balance, tabs }))
    }

    /// Reserves an amount for these bots, if the person has it besides what is reserved for this query
    /// already.
    pub(super) fn authorize(&self, query: &str, bots: &[String], amount: u64) -> bool {
        let mut entries = self.0.lock();
        let reserved = entries.open(query).checked_add(amount);
        if reserved.is_none_or(|reserved| reserved > entries.balance) {
            return false;
        }
        let tab = entries.tab(query, bots);
        tab.authorized = tab.authorized.saturating_add(amount);
        true
    }

    /// Takes an amount, if the person has it.
    pub(super) fn capture(&self, query: &str, bots: &[String], amount: u64) -> bool {
        self.0.lock().capture(query, bots, amount)
    }

    /// Takes an amount of what was authorized, if the person has it.
    ///
    /// # Errors
    /// Less than that is left of what was authorized for the query: so much.
    pub(super) fn capture_authorized(
        &self,
        query: &str,
        bots: &[String],
        amount: u64,
    ) -> Result<bool, u64> {
        let mut entries = self.0.lock();
        let open = entries.open(query);
        if amount > open {
            return Err(open);
        }
        Ok(entries.capture(query, bots, amount))
    }

    /// All of it, as it stands.
    pub(super) fn ledger(&self) -> Ledger {
        let entries = self.0.lock();
        Ledger {
            balance: entries.balance,
            tabs: entries.tabs.iter().cloned().collect(),
        }
    }
}

impl Entries {
    /// What was authorized for a query and is not captured.
    fn open(&self, query: &str) -> u64 {
        let tab = self.tabs.get(query);
        tab.map_or(0, |tab| tab.authorized.saturating_sub(tab.captured))
    }

    fn capture(&mut self, query: &str, bots: &[String], amount: u64) -> bool {
        let Some(rest) = self.balance.checked_sub(amount) else {
            return false;
        };
        self.balance = rest;
        let tab = self.tab(query, bots);
        tab.captured = tab.captured.saturating_add(amount);
        true
    }

    fn tab(&mut self, query: &str, bots: &[String]) -> &mut Tab {
        self.tabs.entry(query, || Tab {
            bot_query_id: query.to_owned(),
            bots: bots.to_vec(),
            authorized: 0,
            captured: 0,
        })
    }
}
