//! The gateway with three tenants, as an operator starts it: one that is polite and measured, one that
//! is loud, and one that computes honestly.

use std::{
    fmt::Write as _,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use crate::{
    components::build_guest,
    contender::Contender,
    cores::{self, Quota},
    load::{self, Client},
};

/// Ceilings for all, and tenants who share nothing. The loud one may run and hold more than it ever
/// does, so that no bound of its own holds it back.
const OPERATOR: &str = r#"
[limits]
cpu = "60s"
running = 4096
queue = 4096
live_memory = "8GiB"

[tenant.polite]
path_prefix = "/polite"
manifests = ["polite.toml"]

[tenant.loud]
path_prefix = "/loud"
manifests = ["loud.toml"]
limits = { running = 4096, queue = 4096, memory = "8GiB" }

[tenant.honest]
path_prefix = "/honest"
manifests = ["honest.toml"]
"#;

/// Bots of the loud tenant that compute a little each.
pub(crate) const SMALL_BOTS: usize = 64;

/// What the server may compute on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Processor {
    /// All cores, which it shares with the load.
    All,
    /// A core of its own; the load has the others.
    One,
    /// As much time as one core has, on all of them, as a control group grants it.
    Quota,
}

/// A server, and how fast its bots compute.
pub(crate) struct Scene {
    pub(crate) contender: Contender,
    /// Turns of a loop of the guest `busy` in a millisecond.
    turns: f64,
    /// After the server, which must be gone before it.
    _quota: Option<Quota>,
}

impl Scene {
    /// Fails with the reason why there is no such processor.
    pub(crate) fn start(processor: Processor, python: Option<&Path>) -> Result<Self, String> {
        let folder = tempfile::tempdir().unwrap();
        write_files(folder.path(), python);
        let ravenry = env!("CARGO_BIN_EXE_ravenry");
        let (mut command, quota) = match processor {
            Processor::All => (Command::new(ravenry), None),
            Processor::One => {
                let cores = cores::allowed();
                let [first, others @ ..] = &cores[..] else {
                    return Err("there is no core".to_owned());
                };
                if others.is_empty() {
                    return Err("the load needs a second core".to_owned());
                }
                cores::keep_to(others);
                let mut command = Command::new("taskset");
                command.args(["--cpu-list", &first.to_string(), ravenry]);
                (command, None)
            }
            Processor::Quota => {
                let quota = Quota::one_core()?;
                let mut command = Command::new("sh");
                command.args(["-c", r#"echo $$ > "$0" && exec "$@""#]);
                command.arg(quota.members()).arg(ravenry);
                (command, Some(quota))
            }
        };
        let mut scene = Self {
            contender: Contender::operated("ravenry", &mut command, folder),
            turns: 0.0,
            _quota: quota,
        };
        scene.turns = scene.calibrate();
        Ok(scene)
    }

    /// What makes the guest `busy` compute for about so long.
    pub(crate) fn compute(&self, time: Duration) -> String {
        format!("count {:.0}", self.turns * time.as_secs_f64() * 1e3)
    }

    /// Turns in a millisecond, by the processor time of the server: others may use the machine.
    fn calibrate(&self) -> f64 {
        /// Long against the hundredth of a second in which that time is counted.
        const ENOUGH: f64 = 0.3;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let (mut turns, before) = (0.0, self.contender.cpu_seconds());
        loop {
            let used = self.contender.cpu_seconds() - before;
            if used > ENOUGH {
                return turns / used / 1e3;
            }
            let request = load::request("/honest/busy", "count 20000000");
            let asked = async {
                let mut client = Client::connect(self.contender.address).await.unwrap();
                client.try_ask(&request).await
            };
            runtime.block_on(asked).unwrap();
            turns += 20_000_000.0;
        }
    }

    /// Waits until the server has nothing to do any more, and empties its log.
    pub(crate) fn settle(&mut self) {
        const LOOK: Duration = Duration::from_millis(200);
        const IDLE: f64 = 0.02;
        let start = Instant::now();
        let mut before = self.contender.cpu_seconds();
        while start.elapsed() < Duration::from_secs(15) {
            std::thread::park_timeout(LOOK);
            let now = self.contender.cpu_seconds();
            if now - before <= IDLE {
                break;
            }
            before = now;
        }
        self.contender.assert_runs();
        self.contender.forget_log();
    }
}

/// The operator's file, the manifests, and the components that they name.
fn write_files(folder: &Path, python: Option<&Path>) {
    let component = |guest| build_guest(guest, folder).display().to_string();
    let [puppet, busy, calls, prints] =
        ["puppet", "busy", "host-call-flood", "log-flood"].map(component);
    let wide = "limits = { cpu = \"60s\", running = 4096, queue = 4096, live_memory = \"8GiB\" }";
    let bot = |name: &str, source: &str, limits: &str| {
        format!("[bot.{name}]\nsource = {source:?}\n{limits}\n")
    };
    let mut loud = [
        bot("talk", &puppet, wide),
        bot("busy", &busy, wide),
        bot("calls", &calls, wide),
        bot("prints", &prints, wide),
    ]
    .concat();
    for number in 0..SMALL_BOTS {
        write!(loud, "{}", bot(&format!("small{number}"), &busy, wide)).unwrap();
    }
    if let Some(python) = python {
        // A tenant's components lie beside its manifest.
        let beside = folder.join("python.wasm");
        std::fs::copy(python, &beside).unwrap();
        loud.push_str(&bot("python", beside.to_str().unwrap(), wide));
    }
    for (name, bots) in [
        ("polite.toml", bot("talk", &puppet, "")),
        ("loud.toml", loud),
        ("honest.toml", bot("busy", &busy, "")),
    ] {
        std::fs::write(folder.join(name), format!("manifest_version = 1\n{bots}")).unwrap();
    }
    std::fs::write(folder.join("operator.toml"), OPERATOR).unwrap();
}
