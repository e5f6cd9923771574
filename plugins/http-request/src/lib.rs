//! Shows the HTTP request that brought a query: its headers, without what is nobody's business.

use ravenry_sdk::serde_json::{Value, json};
use ravenry_sdk::{Bot, Query, Reply, Result, request};

#[cfg(test)]
mod tests;

/// Headers that tell where the bot lives.
const HOSTS: [&str; 4] = [
    "forwarded",
    "host",
    "x-forwarded-host",
    "x-forwarded-server",
];

/// Shows the headers of its request, as JSON.
pub struct HttpRequest;

impl Bot for HttpRequest {
    fn respond(&self, _: &Query, reply: &mut Reply) -> Result {
        let headers = request::headers().into_iter().map(shown);
        let request = json!({
            "reference": request::reference(),
            "headers": headers.collect::<Value>(),
        });
        // A line of JSON never begins with backticks, so nothing in it can end the block.
        write!(reply, "```json\n{request:#}\n```")
    }
}

/// One header in a line. The gateway has taken out `Authorization` and cookies; some servers in front
/// of a gateway copy a key elsewhere.
fn shown((name, value): (String, String)) -> String {
    if HOSTS.contains(&name.as_str()) {
        return format!("{name}: [REDACTED_HOST]");
    }
    let scheme = value.get(.."Bearer ".len()).unwrap_or_default();
    if scheme.eq_ignore_ascii_case("Bearer ") {
        return format!("{name}: Bearer [REDACTED]");
    }
    format!("{name}: {value}")
}

ravenry_sdk::export!(HttpRequest);
