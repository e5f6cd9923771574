//! The reference library's own server: which rules it breaks, as `host/docs/comparison.md` says.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::components::{ReferenceBot, reference_library, repository};
use crate::harness::Folder;

const KEY: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn the_reference_server_breaks_these() {
    let mut child = Command::new(reference_library())
        .arg(repository("host/tests/languages/reference_server.py"))
        .arg(KEY)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Before it listens, it warns of this and that.
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let _bot = ReferenceBot(child);
    let url = lines.find_map(|line| line.ok().filter(|line| line.starts_with("http://")));
    let url = url.expect("it listens");
    let output = Folder::empty().env("THE_KEY", KEY).output(&[
        "check",
        &url,
        "--key-env",
        "THE_KEY",
        "--format",
        "json",
    ]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rules = report["rules"].as_array().unwrap();
    let failed = rules.iter().filter(|rule| rule["outcome"] == "failed");
    let failed: BTreeSet<&str> = failed.map(|rule| rule["id"].as_str().unwrap()).collect();
    let expected = [
        "A4", "H1", "Q17", "Q18", "Q19", "Q3", "Q4", "Q5", "Q6", "R2", "R6",
    ];
    assert_eq!(failed, BTreeSet::from(expected), "{report:#}");
}
