//! A person's money: what is left, what bots have had authorized, and what they took.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::header::CONTENT_TYPE;
use serde::Serialize;

use super::{
    recent::Recent,
    state::{Caller, Shared},
};

/// What a person can spend unless somebody says otherwise, in thousandths of a US cent: 100 US
/// dollars.
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
pub(super) struct Book {
    pub(super) balance: u64,
    /// In the order of their first bills.
    tabs: Recent<Tab>,
}

impl Default for Book {
    fn default() -> Self {
        Self {
            balance: BALANCE,
            tabs: Recent::default(),
        }
    }
}

impl Book {
    /// What was authorized for a query and is not captured.
    pub(super) fn open(&self, query: &str) -> u64 {
        let tab = self.tabs.get(query);
        tab.map_or(0, |tab| tab.authorized.saturating_sub(tab.captured))
    }

    /// Reserves an amount, if the person has it besides what is reserved for this query already.
    pub(super) fn authorize(&mut self, query: &str, caller: &Caller, amount: u64) -> bool {
        let reserved = self.open(query).checked_add(amount);
        if reserved.is_none_or(|reserved| reserved > self.balance) {
            return false;
        }
        let tab = self.tab(query, caller);
        tab.authorized = tab.authorized.saturating_add(amount);
        true
    }

    /// Takes an amount, if the person has it.
    pub(super) fn capture(&mut self, query: &str, caller: &Caller, amount: u64) -> bool {
        let Some(rest) = self.balance.checked_sub(amount) else {
            return false;
        };
        self.balance = rest;
        let tab = self.tab(query, caller);
        tab.captured = tab.captured.saturating_add(amount);
        true
    }

    fn tab(&mut self, query: &str, caller: &Caller) -> &mut Tab {
        let bots = match caller {
            Caller::Person => Vec::new(),
            Caller::Bots(names) => names.clone(),
        };
        self.tabs.entry(query, || Tab {
            bot_query_id: query.to_owned(),
            bots,
            authorized: 0,
            captured: 0,
        })
    }

    /// All of it, as it stands.
    pub(super) fn ledger(&self) -> Ledger {
        Ledger {
            balance: self.balance,
            tabs: self.tabs.iter().cloned().collect(),
        }
    }
}

/// The route: the balance and the tabs, as JSON.
pub(super) async fn show(State(stage): Shared) -> Response {
    let ledger = stage.state().ledger.ledger();
    let json = serde_json::to_string(&ledger).unwrap_or_default();
    ([(CONTENT_TYPE, "application/json")], json).into_response()
}
