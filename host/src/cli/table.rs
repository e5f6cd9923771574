//! What `up` and `serve` print once they serve: the bots, where they are, and a line to try.

use bytesize::ByteSize;
use comfy_table::Table;

use super::formatting::{LINE_BELOW_HEADER, as_u64, counted, quoted, rounded};
use ravenry_config::refused::Refused;
use ravenry_gateway::server::{BotSummary, Ready, RefusedBot};
use ravenry_protocol::shown::Escaped;

/// The question of the line to try; the sample bot `capitals` knows the answer.
const QUESTION: &str = "What is the capital of Nepal?";

/// All of it, ending in a newline. `page` is where a person talks to the bots in a browser.
pub(crate) fn render(ready: &Ready, page: Option<&str>) -> String {
    let mut parts = vec![format!(
        "Serving {} on {}",
        counted(as_u64(ready.bots.len()), "bot"),
        ready.url()
    )];
    if !ready.bots.is_empty() || !ready.refused.is_empty() {
        parts.push(bots(&ready.bots, &ready.refused));
    }
    parts.extend(refused(&ready.refused));
    parts.extend(to_come(&ready.bots));
    if let Some(page) = page {
        parts.push(format!("Talk to your bots in a browser: {page}"));
    }
    if let Some(bot) = ready
        .bots
        .iter()
        .find(|bot| bot.route == "/llm")
        .or_else(|| ready.bots.iter().find(|bot| bot.code.is_some()))
        .or(ready.bots.first())
    {
        parts.push(format!("Try it:\n{}", curl(bot)));
    }
    if let Some(url) = &ready.metrics_url {
        parts.push(format!("Metrics: {url}"));
    }
    parts.extend(ready.notes.iter().cloned());
    parts.push("Stop with Ctrl-C.".to_owned());
    parts.join("\n\n") + "\n"
}

/// One row for each bot; a column for tenants where there are several.
fn bots(bots: &[BotSummary], refused: &[RefusedBot]) -> String {
    let all = bots.iter().map(|bot| &bot.tenant);
    let mut all = all.chain(refused.iter().map(|bot| &bot.tenant));
    let first = all.next();
    let tenants = all.any(|tenant| Some(tenant) != first);
    let mut table = Table::new();
    table.load_preset(LINE_BELOW_HEADER);
    let header = ["bot", "URL", "key", "size", "code"];
    table.set_header(tenants.then_some("tenant").into_iter().chain(header));
    for bot in bots {
        let row = [
            bot.name.clone(),
            bot.url.clone(),
            key(bot.keys),
            ByteSize::b(bot.component_bytes).to_string(),
            code(bot),
        ];
        table.add_row(tenants.then(|| bot.tenant.clone()).into_iter().chain(row));
    }
    for bot in refused {
        let row = [Escaped(&bot.name).to_string(), "refused".to_owned()];
        table.add_row(tenants.then(|| bot.tenant.clone()).into_iter().chain(row));
    }
    table.trim_fmt()
}

fn key(keys: usize) -> String {
    if keys == 0 {
        "none: open to all".to_owned()
    } else {
        counted(as_u64(keys), "key")
    }
}

fn code(bot: &BotSummary) -> String {
    let Some(code) = bot.code else {
        return "being compiled".to_owned();
    };
    let took = rounded(code.prepared_in);
    if code.from_cache {
        format!("from the cache, {took}")
    } else {
        format!("compiled, {took}")
    }
}

/// What is not served; why was said when it was found.
fn refused(refused: &[RefusedBot]) -> Option<String> {
    let names: Vec<String> = refused
        .iter()
        .map(|bot| format!("`{}`", Escaped(&bot.name)))
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "Refused: {}. The errors say what is wrong, and what to do.",
            names.join(", ")
        )
    })
}

/// Files of bots that are refused as a whole.
pub(super) fn files(refused: &[Refused]) -> Vec<RefusedBot> {
    let files = refused.iter().filter(|refused| refused.bot.is_none());
    let file = |refused: &Refused| RefusedBot {
        tenant: refused.tenant.to_string(),
        name: match &refused.problem.place {
            Some(place) => place.file.clone(),
            None => refused.problem.message.clone(),
        },
    };
    let mut files: Vec<RefusedBot> = files.map(file).collect();
    files.dedup();
    files
}

/// Which bots are still to come.
fn to_come(bots: &[BotSummary]) -> Option<String> {
    let coming = bots.iter().filter(|bot| bot.code.is_none());
    let names: Vec<String> = coming.map(|bot| format!("`{}`", bot.name)).collect();
    (!names.is_empty()).then(|| {
        format!(
            "Being compiled: {}. Until then they answer that they are starting.",
            names.join(", ")
        )
    })
}

/// A query for `curl`, to be pasted into a POSIX shell.
fn curl(bot: &BotSummary) -> String {
    let body = serde_json::json!({
        "version": "1.2", "type": "query",
        "query": [{ "role": "user", "content": QUESTION, "content_type": "text/markdown" }],
        "user_id": "u-1", "conversation_id": "c-1", "message_id": "m-1",
    });
    let authorization = if bot.keys == 0 {
        ""
    } else {
        "-H 'Authorization: Bearer YOUR-KEY' "
    };
    let (url, body) = (quoted(&bot.url), quoted(&body.to_string()));
    format!("  curl -N {url} {authorization}-H 'Content-Type: application/json' -d {body}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use ravenry_gateway::server::Code;

    fn mounted(name: &str, tenant: &str, keys: usize) -> BotSummary {
        BotSummary {
            tenant: tenant.to_owned(),
            name: name.to_owned(),
            route: format!("/{name}"),
            url: format!("http://127.0.0.1:8080/{name}"),
            keys,
            component_bytes: 184_320,
            code: Some(Code {
                prepared_in: Duration::from_millis(1_234),
                from_cache: keys == 0,
            }),
        }
    }

    fn ready(bots: Vec<BotSummary>) -> Ready {
        Ready {
            address: ([127, 0, 0, 1], 8080).into(),
            metrics_url: Some("http://127.0.0.1:9090/metrics".to_owned()),
            bots,
            refused: Vec::new(),
            notes: vec!["A note.".to_owned()],
        }
    }

    #[test]
    fn bots_are_shown_with_a_line_to_try() {
        let bots = vec![mounted("cat", "main", 2), mounted("llm", "main", 0)];
        let text = render(&ready(bots), Some("http://127.0.0.1:8081/"));
        insta::assert_snapshot!(text, @r#"
        Serving 2 bots on http://127.0.0.1:8080

         bot   URL                         key                 size        code
        ──────────────────────────────────────────────────────────────────────────────────────────
         cat   http://127.0.0.1:8080/cat   2 keys              180.0 KiB   compiled, 1.23 s
         llm   http://127.0.0.1:8080/llm   none: open to all   180.0 KiB   from the cache, 1.23 s

        Talk to your bots in a browser: http://127.0.0.1:8081/

        Try it:
          curl -N 'http://127.0.0.1:8080/llm' -H 'Content-Type: application/json' -d '{"version":"1.2","type":"query","query":[{"role":"user","content":"What is the capital of Nepal?","content_type":"text/markdown"}],"user_id":"u-1","conversation_id":"c-1","message_id":"m-1"}'

        Metrics: http://127.0.0.1:9090/metrics

        A note.

        Stop with Ctrl-C.
        "#);
    }

    /// With several tenants, whose bot it is stands first; a bot with a key is tried with one.
    #[test]
    fn tenants_have_a_column() {
        let bots = vec![mounted("cat", "one", 1), mounted("cat", "two", 1)];
        let text = render(&ready(bots), None);
        assert!(
            text.contains("tenant") && text.contains(" one ") && text.contains(" two "),
            "{text}"
        );
        assert!(
            text.contains("-H 'Authorization: Bearer YOUR-KEY'"),
            "{text}"
        );
    }

    /// What is refused stands beside what is served.
    #[test]
    fn what_is_refused_is_shown() {
        let refused = |name: &str| RefusedBot {
            tenant: "main".to_owned(),
            name: name.to_owned(),
        };
        let mut ready = ready(vec![mounted("cat", "main", 1)]);
        ready.refused = vec![refused("dog"), refused("x\u{1b}/ravenry.toml")];
        let text = render(&ready, None);
        let shown: Vec<&str> = text.lines().take(9).collect();
        insta::assert_snapshot!(shown.join("\n"), @r"
        Serving 1 bot on http://127.0.0.1:8080

         bot                    URL                         key     size        code
        ─────────────────────────────────────────────────────────────────────────────────────────
         cat                    http://127.0.0.1:8080/cat   1 key   180.0 KiB   compiled, 1.23 s
         dog                    refused
         x\u{1b}/ravenry.toml   refused

        Refused: `dog`, `x\u{1b}/ravenry.toml`. The errors say what is wrong, and what to do.
        ");
    }

    /// One that is still to come is named, and is not the one to try.
    #[test]
    fn what_is_being_compiled_is_said() {
        let coming = BotSummary {
            code: None,
            ..mounted("slow", "main", 0)
        };
        let text = render(&ready(vec![coming, mounted("cat", "main", 0)]), None);
        let line = "Being compiled: `slow`. Until then they answer that they are starting.";
        assert!(
            text.contains(line) && text.contains("curl -N 'http://127.0.0.1:8080/cat'"),
            "{text}"
        );
    }
}
