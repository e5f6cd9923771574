//! The reference library's own server: which rules it breaks, as the README says.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use super::{KEY, broken::failed, check};

/// In the versions that the README names.
const PACKAGES: [&str; 3] = ["fastapi_poe==0.0.83", "fastapi==0.165.0", "uvicorn==0.54.0"];

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?} failed; it needs Python 3.11 or later with venv, and PyPI\n{said}"
    );
}

#[test]
fn the_reference_server_breaks_these() {
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fastapi_poe");
    let python = environment.join("bin/python");
    let ready = environment.join("ready");
    if !ready.exists() {
        run(Command::new("python3")
            .args(["-m", "venv"])
            .arg(&environment));
        run(Command::new(&python)
            .args(["-m", "pip", "install", "--quiet"])
            .args(PACKAGES));
        std::fs::write(ready, "").unwrap();
    }
    let bot = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/it/check/reference_bot.py"
    );
    let server = Command::new(python)
        .args([bot, KEY])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut server = Running(server.unwrap());
    // Before it listens, it warns of this and that.
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines();
    let url = lines.find_map(|line| line.ok().filter(|line| line.starts_with("http://")));
    let url = url.expect("it listens");
    let output = check(&[&url, "--key-env", "THE_KEY", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(failed(&report), ["A4"], "{report:#}");
}
