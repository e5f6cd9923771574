//! The reference library's own server: which rules it breaks, as `host/docs/comparison.md` says.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use super::{KEY, broken::failed, check};
use crate::harness::languages::{reference_library, repository};

/// The bot as a process. Dropping it kills it.
struct Bot(Child);

impl Drop for Bot {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_reference_server_breaks_these() {
    let mut child = Command::new(reference_library())
        .arg(repository("host/tests/it/check/reference_bot.py"))
        .arg(KEY)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Before it listens, it warns of this and that.
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let _bot = Bot(child);
    let url = lines.find_map(|line| line.ok().filter(|line| line.starts_with("http://")));
    let arguments = [
        url.expect("it listens"),
        "--key-env".into(),
        "THE_KEY".into(),
        "--format".into(),
        "json".into(),
    ];
    let output = check(&arguments.each_ref().map(String::as_str));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = [
        "A4", "H1", "Q17", "Q18", "Q19", "Q3", "Q4", "Q5", "Q6", "R2", "R6",
    ];
    assert_eq!(failed(&report), expected, "{report:#}");
}
