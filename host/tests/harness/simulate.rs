//! `ravenry simulate` as a process, and a plain client of it.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, ExitStatus, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::Lines;

/// The simulator. Dropping it kills it.
pub struct Simulate {
    child: Child,
    output: Lines,
    pub url: String,
}

impl Simulate {
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[])
    }

    pub fn start_with(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ravenry"))
            .args(["simulate", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .env_remove("RAVENRY_SIMULATE")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = Lines::collect(child.stdout.take().unwrap());
        let url = output.wait(|line| line.strip_prefix("Playing Poe on ").map(str::to_owned));
        let url = url.unwrap_or_else(|| panic!("it does not play:\n{}", output.all().join("\n")));
        Self { child, output, url }
    }

    /// All that it has printed up to its last line, with names in the place of addresses.
    pub fn page(&self, bots: SocketAddr) -> String {
        self.output
            .wait(|line| line.starts_with("Stop with").then_some(()));
        let page = self.output.all().join("\n");
        page.replace(&self.url, "[POE]")
            .replace(&bots.to_string(), "[BOTS]")
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// What it says after its page, up to its end.
    pub fn last_words(&mut self) -> String {
        self.output.wait(|_| None::<()>);
        let all = self.output.all().join("\n");
        all.split_once("Stop with Ctrl-C.").unwrap().1.to_owned()
    }
}

impl Drop for Simulate {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// The URL that stands after these words.
pub fn url_in(text: &str, before: &str) -> String {
    let (_, rest) = text.split_once(before).unwrap();
    let end = rest.find([' ', '\n', ',']);
    let url = &rest[..end.unwrap_or(rest.len())];
    url.trim_end_matches(['/', ':']).to_owned()
}

/// What a person hears who asks a bot of the platform.
pub fn ask(poe: &str, bot: &str, body: &Value) -> String {
    let key = ravenry_desk::simulator::PERSON_KEY;
    request(
        poe,
        &format!("POST /bot/{bot}"),
        &format!("authorization: Bearer {key}\r\n"),
        &body.to_string(),
    )
}

/// The text of a reply, put together.
pub fn said(stream: &str) -> String {
    stream
        .split("event: text")
        .skip(1)
        .filter_map(|event| {
            let data = event.lines().find_map(|line| line.strip_prefix("data: "))?;
            let data: Value = serde_json::from_str(data).ok()?;
            Some(data["text"].as_str()?.to_owned())
        })
        .collect()
}

/// Uploads a file as a person, and says where it lies.
pub fn upload(poe: &str, name: &str, text: &str) -> String {
    let key = ravenry_desk::simulator::PERSON_KEY;
    let headers =
        format!("authorization: {key}\r\ncontent-type: multipart/form-data; boundary=x\r\n");
    let form = format!(
        "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{text}\r\n--x--\r\n"
    );
    let path = "POST /poe_api/file_upload_3RD_PARTY_POST";
    let told = body(&request(poe, path, &headers, &form));
    told["attachment_url"].as_str().unwrap().to_owned()
}

fn body(answer: &str) -> Value {
    let body = answer.split("\r\n\r\n").nth(1).unwrap();
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

pub fn get(poe: &str, path: &str) -> Value {
    body(&request(poe, &format!("GET {path}"), "", ""))
}

fn request(poe: &str, line: &str, headers: &str, body: &str) -> String {
    let address = poe.trim_start_matches("http://");
    let mut socket = TcpStream::connect(address).unwrap();
    write!(
        socket,
        "{line} HTTP/1.1\r\nhost: {address}\r\n{headers}connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}
