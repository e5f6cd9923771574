//! A query as a line for a shell.

use serde_json::Value;
use url::Url;

/// The variable in which a shell has the access key: none is ever shown.
const KEY: &str = "POE_ACCESS_KEY";

/// The command that sends this query to this bot.
pub(super) fn command(url: &Url, body: &Value) -> String {
    let url = quoted(url.as_str());
    let body = quoted(&body.to_string());
    format!(
        "curl -N {url} -H 'Content-Type: application/json' -H \"Authorization: Bearer ${KEY}\" -d {body}"
    )
}

/// A text that a POSIX shell takes as it is.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_in_it_means_anything_to_a_shell() {
        let url = Url::parse("http://127.0.0.1:8080/cat").unwrap();
        let body = json!({"text": "it's $HOME `ls` \\ \n"});
        let expected = r#"curl -N 'http://127.0.0.1:8080/cat' -H 'Content-Type: application/json' -H "Authorization: Bearer $POE_ACCESS_KEY" -d '{"text":"it'\''s $HOME `ls` \\ \n"}'"#;
        assert_eq!(command(&url, &body), expected);
    }
}
