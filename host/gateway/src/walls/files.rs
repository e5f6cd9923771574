//! Files that the process may reach after its start (Landlock); signals to others, which it may not send.
//!
//! Its own directories it may change, what it serves it may read, and besides that what the C library needs
//! to look up names, what TLS trusts, and what the system says of this process and its control group. It
//! may start one program: itself, for the compiler's process. What was open before stays open; connections
//! are not looked at.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use landlock::{
    ABI, Access as _, AccessFs, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr as _,
    RulesetCreated, RulesetCreatedAttr as _, RulesetError, RulesetStatus, Scope,
};

use super::{Paths, Standing};

/// The version of Landlock whose rights are asked for: signals came with it. Later ones add nothing that is
/// missed here; of earlier ones, as much stands as they know.
const VERSION: ABI = ABI::V6;

/// This program, also after its file was replaced.
const ITSELF: &str = "/proc/self/exe";

/// What a program is given where it has nothing to read.
const NOTHING: &str = "/dev/null";

/// What the system says of this process. The directory has another name in each process.
const ABOUT_ITSELF: &str = "/proc/self";

/// What programs read to look up names and to load libraries, and what the machine has. Each of them alone: the
/// directory around them has other people's settings.
const SYSTEM: &[&str] = &[
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    RESOLVER,
    "/etc/ld.so.cache",
    "/proc/sys/vm",
    "/sys/devices/system/cpu",
    "/sys/fs/cgroup",
];

/// Where name servers are. As a rule it leads to a directory in which a service writes it anew.
const RESOLVER: &str = "/etc/resolv.conf";

/// What TLS trusts, on the distributions that there are, and where the links in there lead to. Private keys
/// lie beside them, hence not `/etc/ssl`. Source: `openssl-probe` 0.2, which looks there.
const TRUSTED: &[&str] = &[
    "/etc/ssl/certs",
    "/etc/ssl/cert.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/certs",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted",
    "/etc/ca-certificates/extracted",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/usr/share/pki",
    "/var/lib/ca-certificates",
];

/// Raises the wall around this thread, and all that it starts from now on.
pub(super) fn raise(paths: &Paths) -> Result<Standing, String> {
    let restricted = rules(paths).and_then(RulesetCreated::restrict_self);
    match restricted.map_err(|error| error.to_string())?.ruleset {
        RulesetStatus::FullyEnforced => Ok(Standing::Whole),
        RulesetStatus::PartiallyEnforced => Ok(Standing::Partly),
        RulesetStatus::NotEnforced => Err("neither kernel nor container offers it".to_owned()),
    }
}

fn rules(paths: &Paths) -> Result<RulesetCreated, RulesetError> {
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(VERSION))?
        .scope(Scope::from_all(VERSION))?
        .create()?;
    for (path, rights) in allowed(paths) {
        // What is not there cannot be allowed, and need not be.
        let Ok(opened) = PathFd::new(&path) else {
            continue;
        };
        let is_directory = fs::metadata(&path).is_ok_and(|found| found.is_dir());
        let rights = if is_directory {
            rights
        } else {
            rights & AccessFs::from_file(VERSION)
        };
        rules = rules.add_rule(PathBeneath::new(opened, rights))?;
    }
    match about_itself() {
        Some(directory) => rules.add_rule(PathBeneath::new(directory, read())),
        None => Ok(rules),
    }
}

fn read() -> BitFlags<AccessFs> {
    AccessFs::ReadFile | AccessFs::ReadDir
}

/// What may be reached, and for what.
fn allowed(paths: &Paths) -> Vec<(PathBuf, BitFlags<AccessFs>)> {
    let own = read()
        | AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeDir
        | AccessFs::MakeReg
        | AccessFs::RemoveDir
        | AccessFs::RemoveFile
        | AccessFs::Refer;
    let own_paths = paths.own.iter().cloned().chain([PathBuf::from(NOTHING)]);
    let owned = own_paths.map(|path| (path, own));
    let system = SYSTEM.iter().chain(TRUSTED).map(PathBuf::from);
    let system = system.chain(rewritten(Path::new(RESOLVER)));
    let readable = paths.read.iter().cloned().chain(system);
    let readable = readable.map(|path| (path, read()));
    let mappings = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let itself = fs::read_link(ITSELF).unwrap_or_default();
    // To start a program is to start the loader of libraries, which is one of them.
    let run = read() | AccessFs::Execute;
    let libraries = libraries(&mappings, &itself);
    let programs = libraries.into_iter().chain([PathBuf::from(ITSELF)]);
    let programs = programs.map(|path| (path, run));
    owned.chain(readable).chain(programs).collect()
}

/// The directory in which a service writes this file anew, where it has one of its own. In `/etc` itself, only
/// the file as it is now can be read.
fn rewritten(file: &Path) -> Option<PathBuf> {
    let real = fs::canonicalize(file).ok()?;
    let directory = real.parent()?;
    (Some(directory) != file.parent()).then(|| directory.to_owned())
}

/// The directories of the libraries that a program has, from the text of its `/proc/PID/maps`: what it loads
/// later lies there as well.
fn libraries(mappings: &str, itself: &Path) -> Vec<PathBuf> {
    let file = |line: &str| {
        line.find('/')
            .and_then(|at| line.get(at..))
            .map(PathBuf::from)
    };
    let files = mappings.lines().filter_map(file);
    let others = files.filter(|path| path != itself);
    let is_library = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".so") || name.contains(".so.")
    };
    let mut directories: Vec<_> = others
        .filter(is_library)
        .filter_map(|path| Some(path.parent()?.to_owned()))
        .collect();
    directories.sort();
    directories.dedup();
    directories
}

/// What the system says of this process, opened for good: the kernel forgets directories of `/proc` that no
/// process has open, and the next one of the same name would be another to the wall.
fn about_itself() -> Option<&'static File> {
    static OPENED: OnceLock<Option<File>> = OnceLock::new();
    OPENED
        .get_or_init(|| File::open(ABOUT_ITSELF).ok())
        .as_ref()
}

#[cfg(test)]
mod tests {
    use std::{io, net::ToSocketAddrs as _, process::Command, thread};

    use super::*;

    /// Runs this behind the wall, which stands around the thread that it runs on and around no other.
    fn behind<T: Send>(paths: &Paths, run: impl FnOnce() -> T + Send) -> T {
        let raise = || {
            // An old kernel has a part of it, with all that is tried here but signals.
            super::raise(paths).unwrap();
            run()
        };
        thread::scope(|scope| scope.spawn(raise).join().unwrap())
    }

    fn denied<T>(done: io::Result<T>) -> bool {
        done.is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
    }

    /// A directory for each right, and one that was not named; `file` is in each.
    fn scene() -> (tempfile::TempDir, [PathBuf; 3], Paths) {
        let dir = tempfile::tempdir().unwrap();
        let made = ["own", "read", "foreign"].map(|name| {
            let path = dir.path().join(name);
            fs::create_dir(&path).unwrap();
            fs::write(path.join("file"), name).unwrap();
            path
        });
        let paths = Paths {
            own: vec![made[0].clone()],
            read: vec![made[1].clone(), dir.path().join("absent")],
        };
        (dir, made, paths)
    }

    #[test]
    fn only_what_was_named_is_reached() {
        let (_dir, [own, read, foreign], paths) = scene();
        behind(&paths, || {
            fs::create_dir(own.join("new")).unwrap();
            fs::write(own.join("aside"), "changed").unwrap();
            fs::rename(own.join("aside"), own.join("file")).unwrap();
            fs::rename(own.join("file"), own.join("new/file")).unwrap();
            fs::remove_file(own.join("new/file")).unwrap();
            assert_eq!(fs::read_to_string(read.join("file")).unwrap(), "read");
            assert_eq!(fs::read_dir(&read).unwrap().count(), 1);
            assert!(denied(fs::write(read.join("file"), "changed")));
            assert!(denied(fs::write(read.join("new"), "")));
            assert!(denied(fs::remove_file(read.join("file"))));
            assert!(denied(fs::read(foreign.join("file"))));
            assert!(denied(fs::read_dir(&foreign)));
            assert!(denied(fs::write(foreign.join("file"), "changed")));
            // A way around is none.
            assert!(denied(fs::read(own.join("../foreign/file"))));
            std::os::unix::fs::symlink(foreign.join("file"), own.join("link")).unwrap_err();
        });
        assert_eq!(fs::read_to_string(foreign.join("file")).unwrap(), "foreign");
    }

    #[test]
    fn of_the_system_little_is_left() {
        let paths = Paths::default();
        behind(&paths, || {
            for path in [
                "/etc/passwd",
                "/root",
                "/home",
                "/var",
                "/usr/bin/env",
                "/proc/1/status",
                "/proc/version",
                "/dev/zero",
                "/",
            ] {
                assert!(denied(File::open(path)), "{path}");
            }
            for path in ["/proc/self/status", "/proc/self/cgroup", "/etc/hosts"] {
                assert!(File::open(path).is_ok(), "{path}");
            }
            assert!(denied(fs::write("/proc/self/oom_score_adj", "1000")));
            assert!(("localhost", 0).to_socket_addrs().is_ok());
        });
    }

    /// The process that has started this one, as an example of others of the same user.
    #[test]
    fn others_get_no_signals() {
        let whole = thread::spawn(|| super::raise(&Paths::default()) == Ok(Standing::Whole));
        if !whole.join().unwrap() {
            return;
        }
        let parent = rustix::process::getppid().unwrap();
        let reaches = || rustix::process::test_kill_process(parent);
        assert_eq!(reaches(), Ok(()));
        assert_eq!(
            behind(&Paths::default(), reaches),
            Err(rustix::io::Errno::PERM)
        );
    }

    /// The compiler's process is this program.
    #[test]
    fn one_program_can_be_started() {
        let paths = Paths::default();
        behind(&paths, || {
            assert!(denied(Command::new("/bin/true").status()));
            let itself = Command::new(ITSELF).arg("--help").output().unwrap();
            assert!(itself.status.success());
        });
    }

    #[test]
    fn libraries_are_found_where_they_were_loaded_from() {
        let mappings = "\
            55d0-55d1 r--p 00000000 fe:00 12 /opt/bin/ravenry\n\
            7f00-7f01 r-xp 00000000 fe:00 13 /usr/lib/a b/libc.so.6\n\
            7f01-7f02 r--p 00001000 fe:00 13 /usr/lib/a b/libc.so.6\n\
            7f02-7f03 r--p 00000000 fe:00 14 /lib64/ld-linux-x86-64.so.2\n\
            7f03-7f04 r--p 00000000 fe:00 15 /opt/cache/code.cwasm\n\
            7f04-7f05 rw-p 00000000 00:00 0\n\
            7f05-7f06 r-xp 00000000 00:00 0 [vdso]\n";
        let found = libraries(mappings, Path::new("/opt/bin/ravenry"));
        assert_eq!(found, [Path::new("/lib64"), Path::new("/usr/lib/a b")]);
    }

    /// A file that a service writes anew is read again; one in the directory of all others is not.
    #[test]
    fn a_directory_is_opened_only_where_a_link_leads_into_it() {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        fs::create_dir(root.join("run")).unwrap();
        fs::write(root.join("run/real"), "").unwrap();
        std::os::unix::fs::symlink(root.join("run/real"), root.join("link")).unwrap();
        assert_eq!(rewritten(&root.join("link")), Some(root.join("run")));
        assert_eq!(rewritten(&root.join("run/real")), None);
        assert_eq!(rewritten(&root.join("absent")), None);
    }
}
