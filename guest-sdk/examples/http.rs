//! Streams the answer of a model API outside the platform, under its own key.

use ravenry_sdk::serde_json::{Value, json};
use ravenry_sdk::{Bot, Query, Reply, Result, http, prompt};
use std::time::Duration;

/// The manifest has to name its host in `allowed_outbound_hosts`.
const URL: &str = "https://api.openai.com/v1/chat/completions";

struct Model;

impl Bot for Model {
    fn respond(&self, query: &Query, reply: &mut Reply) -> Result {
        let recent = prompt::last(&query.messages, 5);
        let response = http::post(URL)
            // A secret of the manifest: a placeholder here, the key on its way to that host alone.
            .bearer(&std::env::var("OPENAI_API_KEY").unwrap_or_default())
            .json(&json!({
                "model": "gpt-4o-mini",
                "stream": true,
                "messages": prompt::role_content(recent),
            }))
            .between_bytes_timeout(Duration::from_secs(30))
            .send()?
            .ok()?;
        let mut events = http::events(response);
        while let Some(event) = events.next()? {
            if event.is_done() {
                break;
            }
            let chunk: Value = event.json()?;
            let text = chunk.pointer("/choices/0/delta/content");
            if let Some(text) = text.and_then(Value::as_str) {
                reply.text(text)?;
            }
        }
        Ok(())
    }
}

ravenry_sdk::export!(Model);

#[cfg(test)]
mod tests {
    use super::*;
    use ravenry_sdk::testing::{Scene, Upstream};

    #[test]
    fn the_answer_is_streamed() {
        let scene = Scene::default().upstream(URL, |_| {
            let chunk = |text| json!({ "choices": [{ "delta": { "content": text } }] });
            let last = json!({ "choices": [], "usage": {} });
            let data = [chunk("Hel"), chunk("lo"), last].map(|chunk| chunk.to_string());
            Upstream::events(data.into_iter().chain(["[DONE]".to_owned()]))
        });
        let transcript = scene.ask(&Model, "hi");
        assert_eq!(transcript.events.len(), 2);
        assert_eq!(transcript.text(), "Hello");
        let sent: Value =
            ravenry_sdk::serde_json::from_slice(&transcript.requests[0].body).unwrap();
        assert_eq!(
            sent["messages"],
            json!([{ "role": "user", "content": "hi" }])
        );
    }

    #[test]
    fn a_refusal_offers_no_second_try_and_a_busy_host_does() {
        for (status, allow_retry) in [(401, false), (429, true), (500, true)] {
            let scene = Scene::default().upstream(URL, move |_| Upstream::new(status));
            let transcript = scene.ask(&Model, "hi");
            let failure = transcript.failure().map(|failure| failure.allow_retry);
            assert_eq!(failure, Some(allow_retry), "{status}");
        }
    }
}
