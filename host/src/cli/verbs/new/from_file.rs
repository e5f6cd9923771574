//! A bot's directory made of a file in Python that there is: the copied files, their manifest with what was found
//! and, as comments, what was not, and their list of packages.

use std::{fs, io, path::Path};

use serde_json::Value;

use super::described::{Described, DescribedBot};
use ravenry_config::MANIFEST;

/// Writes the directory: what lies beside `from`, and what goes with it.
pub(super) fn write(described: &Described, from: &Path, directory: &Path) -> io::Result<()> {
    let beside = from.parent().unwrap_or(Path::new(""));
    for path in described.files.iter().chain([&described.file]) {
        let copy = directory.join(path);
        fs::create_dir_all(copy.parent().unwrap_or(directory))?;
        fs::copy(beside.join(path), copy)?;
    }
    fs::write(directory.join(MANIFEST), manifest(described))?;
    if !described.packages.is_empty() {
        let lines = described.packages.join("\n") + "\n";
        fs::write(directory.join("requirements.txt"), lines)?;
    }
    Ok(())
}

/// The text of the manifest.
fn manifest(described: &Described) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::load;

    /// Whatever texts a file has, and however many bots.
    #[test]
    fn what_is_written_is_a_manifest() {
        let bot = |name: &str| {
            serde_json::json!({
                "name": name, "route": "/A.b", "path": "/A.b \" ]", "poe_name": "a \"b\" \\ ü",
                "access_key": format!("{name}_key"),
            })
        };
        let mut first = bot("one");
        first["route"] = Value::Null;
        let described = serde_json::json!({
            "file": "my \"bot\".py",
            "bots": [first, bot("two")],
            "config": { "KEPT": "held" },
            "secrets": { "A": ["https://a.example.com"], "B": ["https://a.example.com", "https://b.example.com"] },
            "hosts": ["https://a.example.com", "https://b.example.com"],
            "unsure_hosts": ["https://c.example.com"],
            "variables": [
                { "name": "CITY", "is_secret": false, "line": 3 },
                { "name": "TOKEN", "is_secret": true, "line": 4 },
            ],
            "packages": [], "files": [], "notes": [],
        });
        let described: Described = serde_json::from_value(described).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let from = dir.path().join("from");
        fs::create_dir(&from).unwrap();
        fs::write(from.join(&described.file), "").unwrap();
        write(&described, &from.join(&described.file), dir.path()).unwrap();
        let spec = load::strict(&dir.path().join(MANIFEST), load::WITHOUT_SECRETS).unwrap();
        let bots = &spec.tenants[0].bots;
        assert_eq!(bots.len(), 2);
        assert_eq!(bots[1].poe_name.as_deref(), Some("a \"b\" \\ ü"));
        assert_eq!(bots[1].route.as_str(), "/A.b");
        let config = [("FASTAPI_POE_PATH", "/A.b \" ]"), ("KEPT", "held")];
        let config = config.map(|(name, text)| (name.to_owned(), text.to_owned()));
        assert_eq!(bots[0].config, config);
    }
}
