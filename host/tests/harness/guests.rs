//! Bots from source: built once per test run, by cargo.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

const TARGET: &str = "wasm32-wasip2";

/// The stack that `ravenry` builds bots with.
const SMALL_STACK: &str = "target.wasm32-wasip2.rustflags=[\"-Clink-arg=-zstack-size=131072\"]";

/// Where the workspace of the guests is.
const GUESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

/// The component of a guest, of a hostile guest, or of a sample plugin.
pub fn component(name: &str) -> Vec<u8> {
    let text = Path::new(GUESTS)
        .join("hostile")
        .join(name)
        .with_extension("wat");
    if text.exists() {
        return hand_written(&std::fs::read_to_string(text).unwrap());
    }
    let file = built().join(name.replace('-', "_")).with_extension("wasm");
    std::fs::read(&file)
        .unwrap_or_else(|error| panic!("no guest `{name}`: {}: {error}", file.display()))
}

/// What is in `tests/hostile`: crates by their folder, hand-written ones by their file.
pub fn hostile_names() -> BTreeSet<String> {
    let entries = std::fs::read_dir(Path::new(GUESTS).join("hostile")).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

/// The guests in `tests/guests`, and the sample plugins.
pub fn guest_names() -> BTreeSet<String> {
    let entries = std::fs::read_dir(Path::new(GUESTS).join("guests")).unwrap();
    let folders = entries.map(|entry| entry.unwrap().path());
    // The others are libraries.
    let is_guest = |path: &PathBuf| {
        std::fs::read_to_string(path.join("Cargo.toml")).is_ok_and(|text| text.contains("cdylib"))
    };
    let names = folders.filter(is_guest);
    let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    names.map(name).chain(samples(repository)).collect()
}

/// Puts a hand-written core module into the frame that makes it a bot.
fn hand_written(core: &str) -> Vec<u8> {
    let frame = std::fs::read_to_string(Path::new(GUESTS).join("guests/bot.wat")).unwrap();
    wat::parse_str(frame.replace(";; CORE", core)).unwrap()
}

/// The folder with all components.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        install_target();
        // Where `ravenry build` builds: samples are compiled once for both.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let target_dir = target.join("ravenry-wasm");
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        build(Path::new(GUESTS), &["--workspace"], &target_dir);
        let samples = samples(repository);
        let packages: Vec<&str> = samples.iter().flat_map(|name| ["-p", name]).collect();
        build(repository, &packages, &target_dir);
        target_dir.join(TARGET).join("release")
    })
}

/// The packages of all sample plugins in Rust.
fn samples(repository: &Path) -> Vec<String> {
    let folders = std::fs::read_dir(repository.join("plugins")).unwrap();
    let manifests = folders.map(|folder| folder.unwrap().path().join("Cargo.toml"));
    let texts = manifests.filter_map(|manifest| std::fs::read_to_string(manifest).ok());
    let name = |text: String| text.split('"').nth(1).map(str::to_owned);
    texts
        .map(|text| name(text).expect("a name comes first"))
        .collect()
}

/// cargo holds a lock on the target directory: several test runs do not disturb each other.
fn build(workspace: &Path, packages: &[&str], target_dir: &Path) {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    without_outer_cargo(&mut cargo);
    cargo
        .args([
            "build",
            "--release",
            "--locked",
            "--quiet",
            "--target",
            TARGET,
            "--config",
            SMALL_STACK,
        ])
        .args(packages);
    cargo
        .arg("--target-dir")
        .arg(target_dir)
        .current_dir(workspace);
    let status = cargo.status().expect("cargo can be started");
    assert!(
        status.success(),
        "the guests in {} cannot be built",
        workspace.display()
    );
}

/// What the cargo that runs the tests tells its children about this package is not about guests.
pub fn without_outer_cargo(command: &mut Command) {
    const KEPT: [&str; 4] = ["CARGO_HOME", "CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTR"];
    const OTHERS: [&str; 5] = [
        "RUSTFLAGS",
        "RUSTDOCFLAGS",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "LD_LIBRARY_PATH",
    ];
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        let cargo = name.starts_with("CARGO") && !KEPT.iter().any(|kept| name.starts_with(kept));
        if cargo || OTHERS.contains(&&*name) {
            command.env_remove(&*name);
        }
    }
}

/// Adds the target to the toolchain, if it is missing.
fn install_target() {
    let mut rustc = Command::new("rustc");
    without_outer_cargo(&mut rustc);
    let asked = rustc
        .args(["--print", "target-libdir", "--target", TARGET])
        .output();
    let libraries = asked
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .unwrap_or_default();
    if !Path::new(libraries.trim()).is_dir() {
        let status = Command::new("rustup")
            .args(["target", "add", TARGET])
            .status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "install the target {TARGET} for your rustc"
        );
    }
}
