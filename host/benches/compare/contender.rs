//! Those who are compared: processes of their own, each on a free port.

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use super::load;

/// A running server; dropping it kills it.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    pub(crate) path: &'static str,
    child: Child,
    _folder: Option<tempfile::TempDir>,
}

impl Contender {
    /// axum's own event streams, in a copy of this program.
    pub(crate) fn native() -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        Self::start("native", "/bot", command.arg("native"), None)
    }

    /// The gateway, with all its limits on, as it is.
    pub(crate) fn gateway() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let component = build_guest("puppet", folder.path());
        let cache = folder.path().join("cache");
        Self::serving("ravenry", &[component], folder, &cache)
    }

    /// The gateway with these components at `/bot`, `/bot1`, `/bot2`, …; compiled code is kept for
    /// the next run.
    pub(crate) fn mounted(name: &'static str, components: &[PathBuf]) -> Self {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench/compiled");
        Self::serving(name, components, tempfile::tempdir().unwrap(), &cache)
    }

    fn serving(
        name: &'static str,
        components: &[PathBuf],
        folder: tempfile::TempDir,
        cache: &Path,
    ) -> Self {
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
        command.arg("up").arg(&file).args([
            "--listen",
            "127.0.0.1:0",
            "--metrics-listen",
            "off",
            "--log",
            "error",
        ]);
        // More idle replies are measured than one bot may have by default.
        command
            .args(["--limit", "running=10000", "--state-dir"])
            .arg(folder.path().join("state"));
        command.arg("--cache-dir").arg(cache);
        let contender = Self::start(name, "/bot", &mut command, Some(folder));
        contender.wait_ready();
        contender
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
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
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
            _folder: folder,
        }
    }

    /// Prints what a reply costs that waits on the clock, in resident memory.
    pub(crate) fn measure_idle(&self, replies: usize) {
        let each = self.measure_waiting(replies, "sleep 60000");
        println!(
            "{replies} waiting replies, {}: {each:.0} KiB resident each, {:.0} in 1 GiB",
            self.name,
            1024.0 * 1024.0 / each.max(1.0)
        );
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
    /// the head of each answer says that it runs.
    pub(crate) fn measure_waiting(&self, replies: usize, content: &str) -> f64 {
        let before = self.resident_kib();
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
        self.resident_kib().saturating_sub(before) as f64 / replies as f64
    }

    /// Waits until all bots of a gateway are mounted: large ones are compiled while it serves.
    fn wait_ready(&self) {
        loop {
            let mut stream = TcpStream::connect(self.address).unwrap();
            let request = b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
            stream.write_all(request).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            if answer.starts_with("HTTP/1.1 200") {
                return;
            }
            std::thread::park_timeout(std::time::Duration::from_millis(100));
        }
    }

    /// Whoever answers at the address is the one that was started: it chose its port itself, and
    /// still has it.
    pub(crate) fn assert_runs(&mut self) {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "{} ended: {ended:?}", self.name);
    }

    /// Seconds of processor time that it has used, all threads together.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        /// Ticks per second of this file, on every kernel that has it (`USER_HZ`).
        const TICKS: f64 = 100.0;
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // The name in brackets may hold anything; user and system time are 12 and 13 words after it.
        let (_, words) = stat.rsplit_once(')').unwrap();
        let used = words.split_whitespace().skip(11).take(2);
        used.map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / TICKS
    }

    fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Builds one of the guests of the tests, and puts it into the folder.
pub(crate) fn build_guest(guest: &str, folder: &Path) -> PathBuf {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests");
    let mut cargo = Command::new("cargo");
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_") && !name.starts_with("CARGO_HOME") || name == "RUSTFLAGS" {
            cargo.env_remove(&*name);
        }
    }
    cargo.args([
        "build",
        "--release",
        "--locked",
        "--quiet",
        "--target",
        "wasm32-wasip2",
        "-p",
        guest,
    ]);
    let status = cargo
        .arg("--target-dir")
        .arg(&target)
        .current_dir(guests)
        .status()
        .unwrap();
    assert!(
        status.success(),
        "the guest cannot be built; is the target wasm32-wasip2 installed?"
    );
    let component = folder.join(guest).with_extension("wasm");
    let built = target.join("wasm32-wasip2/release").join(guest);
    std::fs::copy(built.with_extension("wasm"), &component).unwrap();
    component
}
