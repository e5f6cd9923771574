//! Those who are compared: processes of their own, each on a free port.

use std::{
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use super::load;

/// Name of the file with the log of a server that has one.
const LOG: &str = "log";

/// How often a server that starts is asked whether it is ready.
const READY_LOOK: Duration = Duration::from_millis(10);

/// What a reply takes that waits.
pub(crate) struct Waiting {
    /// Resident memory; a page of a file counts as often as it is mapped.
    pub(crate) resident_kib: f64,
    /// The same without what is mapped from files.
    pub(crate) own_kib: f64,
    /// What of the first is still there when all have left, in KiB.
    pub(crate) stays: f64,
}

/// Memory that has changed by less in [`SETTLED_AFTER`] has settled.
const SETTLED_KIB: u64 = 1024;
const SETTLED_AFTER: std::time::Duration = std::time::Duration::from_secs(2);

/// What a server logs, and where to.
#[derive(Clone, Copy)]
pub(crate) enum Log {
    /// Nothing but errors, which are not read.
    Errors,
    /// What is the default, to a file.
    InFile,
}

/// Limits of a bot of which more replies wait than one may have by default: 10,000
/// hold 11 GiB, if all the memory counts that they declare.
pub(crate) const MANY: [&str; 4] = ["--limit", "running=10000", "--limit", "live_memory=64GiB"];

/// A free port, state in the folder; compiled code is kept from run to run.
fn at_home(command: &mut Command, folder: &tempfile::TempDir) {
    let compiled = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench/compiled");
    command
        .args(["--listen", "127.0.0.1:0", "--metrics-listen", "off"])
        .arg("--state-dir")
        .arg(folder.path().join("state"))
        .arg("--cache-dir")
        .arg(compiled);
}

/// A running server; dropping it kills it.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    pub(crate) path: &'static str,
    child: Child,
    folder: Option<tempfile::TempDir>,
}

impl Contender {
    /// axum's own event streams, in a copy of this program; or the same bytes in one piece.
    pub(crate) fn native(name: &'static str, path: &'static str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        Self::start(name, path, command.arg("native"), None)
    }

    /// The gateway, with all its limits on, with these components at `/bot`, `/bot1`, `/bot2`, …; compiled code is kept for
    /// the next run.
    pub(crate) fn mounted(name: &'static str, components: &[PathBuf]) -> Self {
        Self::serving(name, components, Log::Errors)
    }

    /// The same with a log of its own.
    pub(crate) fn serving(name: &'static str, components: &[PathBuf], log: Log) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut manifest = "manifest_version = 1\n".to_owned();
        for (number, component) in components.iter().enumerate() {
            let number = if number == 0 {
                String::new()
            } else {
                number.to_string()
            };
            let source = component.to_str().unwrap();
            writeln!(manifest, "[bot.bot{number}]\nsource = {source:?}").unwrap();
        }
        let file = folder.path().join("ravenry.toml");
        std::fs::write(&file, manifest).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ravenry"));
        command.arg("up").arg(&file).args(MANY);
        at_home(&mut command, &folder);
        let contender = match log {
            Log::Errors => {
                Self::start(name, "/bot", command.args(["--log", "error"]), Some(folder))
            }
            Log::InFile => Self::logging(name, "/bot", &mut command, folder),
        };
        contender.wait_ready();
        contender
    }

    /// The gateway as an operator starts it: by this command, which ends with the program, with the
    /// file `operator.toml` of this folder and the default log in the file [`LOG`] beside it.
    pub(crate) fn operated(
        name: &'static str,
        command: &mut Command,
        folder: tempfile::TempDir,
    ) -> Self {
        command.args(["serve", "--config"]);
        command.arg(folder.path().join("operator.toml"));
        at_home(command, &folder);
        let contender = Self::logging(name, "/bot", command, folder);
        contender.wait_ready();
        contender
    }

    /// Starts a server that writes its log to a file, as one under an operator's eyes does.
    fn logging(
        name: &'static str,
        path: &'static str,
        command: &mut Command,
        folder: tempfile::TempDir,
    ) -> Self {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(folder.path().join(LOG));
        Self::spawn(name, path, command.stderr(log.unwrap()), Some(folder))
    }

    /// Makes the log in the file empty: it would fill the disk of a long run.
    pub(crate) fn forget_log(&self) {
        if let Some(folder) = &self.folder {
            File::create(folder.path().join(LOG)).unwrap();
        }
    }

    /// `fastapi_poe` under uvicorn in so many processes, if the Python named by `PYTHON` (or
    /// `python3`) has it.
    pub(crate) fn fastapi(workers: usize) -> Option<Self> {
        let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let has = Command::new(&python)
            .args(["-c", "import fastapi_poe"])
            .stderr(Stdio::null())
            .status();
        if !has.is_ok_and(|status| status.success()) {
            return None;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/compare/fastapi_bot.py");
        Some(Self::start(
            "fastapi_poe",
            "/bot",
            Command::new(python)
                .arg(script)
                .arg(workers.to_string())
                .env_remove("POE_ACCESS_KEY"),
            None,
        ))
    }

    /// Starts a server, which prints its address among its first lines.
    pub(crate) fn start(
        name: &'static str,
        path: &'static str,
        command: &mut Command,
        folder: Option<tempfile::TempDir>,
    ) -> Self {
        Self::spawn(name, path, command.stderr(Stdio::null()), folder)
    }

    fn spawn(
        name: &'static str,
        path: &'static str,
        command: &mut Command,
        folder: Option<tempfile::TempDir>,
    ) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.map_while(Result::ok).find_map(|line| {
            let (_, rest) = line.split_once("http://")?;
            let end = rest
                .find(|letter: char| !(letter.is_ascii_digit() || letter == '.' || letter == ':'))
                .unwrap_or(rest.len());
            rest[..end].parse().ok()
        });
        let Some(address) = address else {
            let _ = child.kill();
            panic!("{name} did not start");
        };
        Self {
            name,
            address,
            path,
            child,
            folder,
        }
    }

    /// Memory of the process and its children in KiB; what they share counts once.
    pub(crate) fn pss_kib(&self) -> u64 {
        let id = self.child.id();
        let children =
            std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        let ids = children.split_whitespace().map(str::to_owned);
        ids.chain([id.to_string()])
            .map(|id| {
                let text = std::fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap();
                let line = text.lines().find(|line| line.starts_with("Pss:")).unwrap();
                let number = line.split_whitespace().nth(1).unwrap();
                number.parse::<u64>().unwrap()
            })
            .sum()
    }

    /// What a reply costs that waits, in KiB of resident memory: so many are asked for at once, and
    /// the head of each answer says that it was taken. Those that ended at once do not count.
    pub(crate) fn measure_waiting(&self, replies: usize, content: &str) -> Waiting {
        let before = [self.resident_kib(), self.anonymous_kib()];
        let request = load::request(self.path, content);
        let streams: Vec<TcpStream> = (0..replies)
            .map(|_| {
                let mut stream = TcpStream::connect(self.address).unwrap();
                stream.set_read_timeout(Some(load::SILENCE_MAX)).unwrap();
                stream.write_all(&request).unwrap();
                stream
            })
            .collect();
        for mut stream in &streams {
            let mut head = [0; 12];
            stream.read_exact(&mut head).unwrap();
            assert_eq!(&head, b"HTTP/1.1 200", "{} refused a reply", self.name);
        }
        let after = [self.resident_kib(), self.anonymous_kib()];
        let waiting = streams.iter().filter(|stream| !has_ended(stream)).count();
        if waiting < replies {
            println!(
                "  {}: {} of {replies} replies ended at once",
                self.name,
                replies - waiting
            );
        }
        drop(streams);
        let left = self.settled_kib().saturating_sub(before[0]);
        let each = |at: usize| after[at].saturating_sub(before[at]) as f64 / waiting as f64;
        Waiting {
            resident_kib: each(0),
            own_kib: each(1),
            stays: left as f64 / waiting as f64,
        }
    }

    /// Resident memory when it does not change any more.
    fn settled_kib(&self) -> u64 {
        let mut before = self.resident_kib();
        loop {
            std::thread::park_timeout(SETTLED_AFTER);
            let now = self.resident_kib();
            if now.abs_diff(before) < SETTLED_KIB {
                return now;
            }
            before = now;
        }
    }

    /// Waits until all bots of a gateway are mounted: large ones are compiled while it serves.
    pub(crate) fn wait_ready(&self) {
        loop {
            let mut stream = TcpStream::connect(self.address).unwrap();
            let request = b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
            stream.write_all(request).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            if answer.starts_with("HTTP/1.1 200") {
                return;
            }
            std::thread::park_timeout(READY_LOOK);
        }
    }

    /// The process that answers at the address is the one that was started: it chose its port itself, and
    /// still has it.
    pub(crate) fn assert_runs(&mut self) {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "{} ended: {ended:?}", self.name);
    }

    /// Seconds of processor time that it has used, all threads together.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        cpu_seconds(&self.child.id().to_string())
    }

    /// Resident memory of the process in KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        self.status_kib("VmRSS:")
    }

    /// The same without what is mapped from files.
    pub(crate) fn anonymous_kib(&self) -> u64 {
        self.status_kib("RssAnon:")
    }

    fn status_kib(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether the last event of a reply has come already.
fn has_ended(mut stream: &TcpStream) -> bool {
    let mut said = [0; 4096];
    stream.set_nonblocking(true).unwrap();
    let read = stream.read(&mut said).unwrap_or(0);
    load::count(&said[..read], b"event: done") > 0
}

/// Ticks of processor time per second in `/proc`, on every kernel that has it (`USER_HZ`).
pub(crate) const TICKS: f64 = 100.0;

/// Seconds of processor time that a process has used; it may be `self`.
pub(crate) fn cpu_seconds(process: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The name in brackets may hold anything; user and system time are 12 and 13 words after it.
    let (_, words) = stat.rsplit_once(')').unwrap();
    let used = words.split_whitespace().skip(11).take(2);
    used.map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / TICKS
}
