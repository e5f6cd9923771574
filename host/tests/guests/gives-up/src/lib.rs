//! Returns a failure: with the text that it is asked for, or without one.

struct Bot;

impl raw::Odd for Bot {
    fn respond(query: raw::Query) -> Result<(), raw::Failure> {
        let wish = raw::last_text(&query);
        let _ = raw::reply::text("so far");
        Err(raw::Failure {
            text: (!wish.is_empty()).then(|| wish.to_owned()),
            allow_retry: wish.is_empty(),
            error_type: (wish == "Too poor.").then(|| "insufficient_fund".into()),
        })
    }
}

raw::export!(Bot);
