//! What a log escapes, cuts and remembers.

use super::*;

fn log(bytes_max: u64, line_bytes_max: u64) -> BotLog {
    let origin = Origin {
        tenant: TenantName::local(),
        bot: BotName::parse("b").unwrap(),
        reference: Reference::numbered(0),
        mask: Mask::new([]),
    };
    BotLog::new(origin, bytes_max, line_bytes_max)
}

#[test]
fn what_passes_the_bounds_is_counted_not_kept() {
    let log = log(10, 4);
    log.print(b"123456");
    let inner = log.lock();
    assert_eq!(inner.line, b"1234");
    assert_eq!(inner.dropped, 2);
}

#[test]
fn complaints_have_bounds() {
    let log = log(0, 0);
    for number in 0..100 {
        log.complain(&format!("{number}{}", "é".repeat(10_000)));
    }
    let inner = log.lock();
    assert_eq!(inner.complaints.len(), COMPLAINTS_MAX);
    assert!(inner.complaints.iter().all(|said| said.len() < 5_000));
}

#[test]
fn an_error_has_the_reference_where_others_failed() {
    let failure = |text: &str| Failure {
        text: Some(text.to_owned()),
        ..Failure::default()
    };
    let log = log(0, 0);
    assert_eq!(log.refer(failure("No.")), failure("No."));
    log.complain("a request failed");
    let reference = Reference::numbered(0);
    let text = format!("No (reference {reference}).");
    assert_eq!(log.refer(failure("No.")), failure(&text));
    assert_eq!(log.refer(failure(&text)), failure(&text));
    let open = format!("No! (reference {reference})");
    assert_eq!(log.refer(failure("No!\n")), failure(&open));
    assert_eq!(log.refer(Failure::default()), Failure::default());
}
