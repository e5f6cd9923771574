//! Programs of others that tests drive: where they are missing and root runs the tests, Debian's packages
//! are installed.

use std::{
    collections::HashMap,
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
};

/// Whether this program is here, perhaps by now. One test at a time looks, and each program is looked for once.
pub fn is_installed(program: &str, packages: &[&str]) -> bool {
    static LOOKED: Mutex<Option<HashMap<String, bool>>> = Mutex::new(None);
    let mut looked = LOOKED.lock().unwrap_or_else(PoisonError::into_inner);
    let looked = looked.get_or_insert_default();
    *looked.entry(program.to_owned()).or_insert_with(|| {
        if !is_there(program) && rustix::process::getuid().is_root() {
            eprintln!("installing {}, which a test needs", packages.join(" and "));
            let install = [
                &["install", "-y", "-q", "--no-install-recommends"],
                packages,
            ]
            .concat();
            for arguments in [&["update", "-q"][..], &install] {
                let _ = Command::new("apt-get")
                    .args(arguments)
                    .stdout(Stdio::null())
                    .status();
            }
        }
        is_there(program)
    })
}

/// The same, for tests that are left out where it is missing: that is said in a line.
pub fn is_installed_or_told(program: &str, package: &str) -> bool {
    let is_installed = is_installed(program, &[package]);
    if !is_installed {
        eprintln!("left out: there is no {program} here (apt-get install -y {package})");
    }
    is_installed
}

fn is_there(program: &str) -> bool {
    // What it answers is no matter.
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null());
    command.output().is_ok()
}
