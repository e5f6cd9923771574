//! Money: reserved, charged, refused, and what is left open.

use ravenry_desk::simulator::{Answer, Endpoint, Options};
use serde_json::json;

use super::{KEY, gateway, send};
use crate::harness::{self, FakePoe};

fn paid(lines: &str) -> serde_json::Value {
    let mut query = harness::query(lines);
    query["bot_query_id"] = json!("q-1");
    query
}

/// A platform whose person has so much, in thousandths of a US cent.
fn with_balance(balance: u64) -> FakePoe {
    FakePoe::with(Options {
        balance,
        ..Options::default()
    })
    .unwrap()
}

#[test]
fn an_amount_is_reserved_and_charged_for_the_query() {
    let poe = with_balance(1000);
    let server = gateway(&poe, "");
    assert_eq!(
        send(&server, &paid("authorize 300\ncapture 200\nthanks")).said(),
        "thanks"
    );
    let bills = poe.bills();
    assert_eq!(bills.len(), 2);
    assert!(
        bills
            .iter()
            .all(|bill| bill.bot_query_id == "q-1" && bill.key.matches(KEY.as_bytes()))
    );
    assert_eq!(bills[1].amounts[0].milli_cents, 200);
    server.wait_text("the reply authorized an amount that it did not capture");
    server.wait_metric(
        "ravenry_uncaptured_milli_cents_total",
        &[("bot", "asker")],
        100.0,
    );
}

#[test]
fn who_cannot_pay_is_told_so() {
    let poe = with_balance(10);
    let server = gateway(&poe, "");
    let events = send(&server, &paid("authorize 300\nnever")).events();
    assert_eq!(events[0].0, "error");
    assert_eq!(events[0].1["error_type"], "insufficient_fund");
    assert_eq!(events[0].1["allow_retry"], true);
}

#[test]
fn nothing_is_charged_without_a_query_to_charge_for() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, "");
    assert_eq!(
        send(&server, &harness::query("authorize 1")).events()[0].0,
        "error"
    );
    server.wait_text("has no `bot_query_id`");
    assert!(poe.bills().is_empty());
}

/// A charge is never repeated: nobody knows whether the first one was made.
#[test]
fn a_charge_that_fails_is_not_repeated() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, "");
    poe.instead(Endpoint::Costs, Answer::status(500));
    assert_eq!(send(&server, &paid("capture 5")).events()[0].0, "error");
    assert_eq!(poe.bills().len(), 1);
}

/// The bot traps between the two: what it reserved is reported.
#[test]
fn an_amount_left_open_by_a_trap_is_reported() {
    let poe = FakePoe::start().unwrap();
    let server = gateway(&poe, "");
    send(&server, &paid("authorize 70\ntrap"));
    server.wait_metric(
        "ravenry_uncaptured_milli_cents_total",
        &[("bot", "asker")],
        70.0,
    );
}
