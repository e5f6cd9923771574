//! The manifest of a bot's file: what was found in it and, as comments, what was not.

use serde_json::Value;

use super::{Described, DescribedBot};

/// The text of the manifest.
pub(in crate::cli) fn text(described: &Described) -> String {
    let bots = described.bots.iter().map(|bot| section(described, bot));
    let bots: String = bots.collect();
    format!("manifest_version = 1\n{bots}")
}

/// What is said of one bot.
fn section(described: &Described, bot: &DescribedBot) -> String {
    let name = &bot.name;
    let mut lines = vec![
        String::new(),
        format!("[bot.{name}]"),
        format!("source = {}", quoted(&described.file)),
    ];
    if let Some(route) = &bot.route {
        lines.push(format!("route = {}", quoted(route)));
    }
    let poe_name = bot.poe_name.as_deref().map(quoted);
    let poe_name = poe_name.map(|name| format!("name = {name}"));
    let key = bot.access_key.as_deref().map(quoted);
    let key = key.map(|key| format!("access_key = {{ env = {key} }}"));
    let poe: Vec<String> = poe_name.into_iter().chain(key).collect();
    if !poe.is_empty() {
        lines.push(format!("poe = {{ {} }}", poe.join(", ")));
    }
    if !described.hosts.is_empty() {
        let hosts = list(&described.hosts);
        lines.push(format!("allowed_outbound_hosts = {hosts}"));
    }
    if !described.unsure_hosts.is_empty() {
        let hosts = list(&described.unsure_hosts);
        lines.push(
            "# The file names these, too, perhaps for its readers alone. If it asks them, they"
                .to_owned(),
        );
        lines.push(format!("# belong into allowed_outbound_hosts: {hosts}"));
    }
    lines.extend(tables(described, bot));
    lines.join("\n") + "\n"
}

/// The variables of a bot: texts and secrets.
fn tables(described: &Described, bot: &DescribedBot) -> Vec<String> {
    let mut config: Vec<String> = Vec::new();
    if let Some(path) = &bot.path {
        config.push(format!("FASTAPI_POE_PATH = {}", quoted(path)));
    }
    let texts = described.config.iter();
    config.extend(texts.map(|(name, text)| format!("{name} = {text}")));
    let granted = |(name, hosts): (&String, &Value)| {
        let env = quoted(name);
        // One stands by itself.
        let hosts = match hosts.as_array().map(Vec::as_slice) {
            Some([host]) => host,
            _ => hosts,
        };
        format!("{name} = {{ env = {env}, host = {hosts} }}")
    };
    let mut secrets: Vec<String> = described.secrets.iter().map(granted).collect();
    for variable in &described.variables {
        let (name, place) = (
            &variable.name,
            format!("{}:{}", described.file, variable.line),
        );
        if variable.is_secret {
            let line =
                format!("# {name} = {{ env = \"{name}\", host = \"https://…\" }}  # {place}");
            secrets.push(line);
        } else {
            config.push(format!("# {name} = \"…\"  # {place}"));
        }
    }
    let mut lines = Vec::new();
    for (table, entries) in [("config", config), ("secrets", secrets)] {
        if !entries.is_empty() {
            lines.extend([String::new(), format!("[bot.{}.{table}]", bot.name)]);
            lines.extend(entries);
        }
    }
    lines
}

/// TOML writes texts like JSON, and lists of them.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}
