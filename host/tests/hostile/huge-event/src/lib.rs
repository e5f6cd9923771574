//! Says eight million letters in one go, then in one replacement, then as a failure.

struct Bot;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        let huge = "x".repeat(8_000_000);
        let _ = raw::reply::text("before");
        let _ = raw::reply::text(&huge);
        let _ = raw::reply::replace(&huge);
        Err(raw::Failure {
            text: Some(huge),
            allow_retry: true,
            error_type: None,
        })
    }
}

raw::export!(Bot);
