//! bm25s, a library of Python, on the same passages, in a process of its own.

use std::{fs, path::Path, process::Command};

/// What it prints: seconds for the index, then milliseconds of each search.
const PROGRAM: &str = r#"
import sys, time
import bm25s
passages = open(sys.argv[1]).read().split("\n")
questions = open(sys.argv[2]).read().split("\n")
start = time.perf_counter()
tokens = bm25s.tokenize(passages, stopwords="en", show_progress=False)
index = bm25s.BM25()
index.index(tokens, show_progress=False)
print(time.perf_counter() - start)
for question in questions:
    start = time.perf_counter()
    tokens = bm25s.tokenize(question, stopwords="en", show_progress=False)
    index.retrieve(tokens, k=10, show_progress=False)
    print((time.perf_counter() - start) * 1e3)
"#;

/// Seconds for the index, and milliseconds of each search; `None` where there is no interpreter with the library.
pub(crate) fn measure(passages: &[String], questions: &[String]) -> Option<(f64, Vec<f64>)> {
    let python = std::env::var_os("PYTHON")?;
    let has = Command::new(&python).args(["-c", "import bm25s"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, lines: &[String]| {
        let path = directory.path().join(name);
        fs::write(&path, lines.join("\n")).unwrap();
        path
    };
    let (passages, questions) = (write("passages", passages), write("questions", questions));
    let output = Command::new(python)
        .args(["-c", PROGRAM])
        .args([passages.as_path(), Path::new(&questions)])
        .output();
    let output = output.unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let said = String::from_utf8(output.stdout).unwrap();
    let mut numbers = said.lines().map(|line| line.parse::<f64>().unwrap());
    Some((numbers.next().unwrap(), numbers.collect()))
}
