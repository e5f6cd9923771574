//! The control groups that this process is in, and those around them: what the kernel allows it.
//!
//! A unit of systemd is a group, a container is one, and each lies in others; the least that any of them
//! says counts. Both versions of control groups are read, also side by side.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

/// Which version of control groups a file is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// A hierarchy for each controller.
    One,
    /// One hierarchy for all.
    Two,
}

/// Where the kernel shows control groups.
const ROOT: &str = "/sys/fs/cgroup";

/// Looks at the directories of all groups of this process, from itself outwards, as far as `controller`
/// goes. Where nothing can be read, there are none.
pub(crate) fn directories(controller: &str) -> Vec<(Version, PathBuf)> {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    directories_of(&groups, controller, Path::new(ROOT))
}

/// The same, from the text of `/proc/self/cgroup`.
pub(crate) fn directories_of(
    groups: &str,
    controller: &str,
    root: &Path,
) -> Vec<(Version, PathBuf)> {
    let mut found = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else {
            continue;
        };
        let (version, mounts) = if controllers.is_empty() {
            // Beside the first version, the second has a directory of its own.
            (Version::Two, vec![root.to_owned(), root.join("unified")])
        } else if controllers.split(',').any(|name| name == controller) {
            (Version::One, vec![root.join(controller)])
        } else {
            continue;
        };
        // In a container the path may be one that only the host knows: then its own root counts.
        let group = Path::new(path.trim_start_matches('/'));
        for mount in mounts {
            found.extend(group.ancestors().map(|part| (version, mount.join(part))));
        }
    }
    found
}

/// Bytes of memory that this process may use: those of the machine, or the least that any of the groups allows.
pub(crate) fn memory_bytes() -> u64 {
    let info = rustix::system::sysinfo();
    #[expect(
        clippy::useless_conversion,
        reason = "the width of these fields differs between machines"
    )]
    let total = u64::from(info.totalram).saturating_mul(u64::from(info.mem_unit));
    let allowed = tightest(&directories("memory"));
    allowed.map_or(total, |(bytes, ..)| bytes.min(total))
}

/// What the group uses whose bound is the least, to be read again and again. `None`: there is none, or it
/// does not say.
pub(crate) fn memory_in_use() -> Option<MemoryInUse> {
    let (bytes_max, version, directory) = tightest(&directories("memory"))?;
    MemoryInUse::open(bytes_max, version, &directory)
}

/// The least bound, and which group it is of.
fn tightest(directories: &[(Version, PathBuf)]) -> Option<(u64, Version, PathBuf)> {
    let files = directories.iter().flat_map(|(version, directory)| {
        let names: &[&str] = match version {
            // Above `high` a group is slowed down until it gives memory back, which bots do not.
            Version::Two => &["memory.max", "memory.high"],
            Version::One => &["memory.limit_in_bytes"],
        };
        names.iter().map(move |name| (version, directory, name))
    });
    // `max` is no number, and stands for no limit. The first version says a number beyond all memory.
    let bounds = files.filter_map(|(version, directory, name)| {
        let text = fs::read_to_string(directory.join(name)).ok()?;
        Some((text.trim().parse().ok()?, *version, directory.clone()))
    });
    bounds.min_by_key(|(bytes, ..)| *bytes)
}

/// The memory of one group, whose files are open.
#[derive(Debug)]
pub(crate) struct MemoryInUse {
    /// The bound of the group.
    pub bytes_max: u64,
    usage: File,
    shares: File,
    /// The line of `shares` that counts what is read from files and can be read again.
    cache: &'static str,
}

/// Longer than any of these files: `memory.stat` has 2 KiB on Linux 6.
const FILE_BYTES_MAX: usize = 16 * 1024;

impl MemoryInUse {
    fn open(bytes_max: u64, version: Version, directory: &Path) -> Option<Self> {
        let (usage, cache) = match version {
            Version::Two => ("memory.current", "inactive_file"),
            Version::One => ("memory.usage_in_bytes", "total_inactive_file"),
        };
        Some(Self {
            bytes_max,
            usage: File::open(directory.join(usage)).ok()?,
            shares: File::open(directory.join("memory.stat")).ok()?,
            cache,
        })
    }

    /// Bytes in use, without the files in memory that the kernel gives up when it needs the room. Below
    /// `enough` these are not looked at: adding them up costs the kernel some time.
    pub(crate) fn bytes(&self, enough: u64) -> Option<u64> {
        let used: u64 = reread(&self.usage)?.trim().parse().ok()?;
        if used <= enough {
            return Some(used);
        }
        let shares = reread(&self.shares).unwrap_or_default();
        let mut lines = shares.lines().filter_map(|line| line.split_once(' '));
        let cache = lines.find(|(name, _)| *name == self.cache);
        let cache = cache.and_then(|(_, bytes)| bytes.parse().ok()).unwrap_or(0);
        Some(used.saturating_sub(cache))
    }
}

/// Reads an open file of the kernel from its beginning, as it is now.
pub(crate) fn reread(file: &File) -> Option<String> {
    let mut bytes = vec![0; FILE_BYTES_MAX];
    let read = file.read_at(&mut bytes, 0).ok()?;
    bytes.truncate(read);
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn least(files: &[(&str, &str)], groups: &str) -> Option<u64> {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        tightest(&directories_of(groups, "memory", root.path())).map(|(bytes, ..)| bytes)
    }

    /// A unit's `MemoryMax` is in its own group; a slice around it may allow less.
    #[test]
    fn the_least_of_a_group_and_those_around_it_counts() {
        let files = [
            ("memory.max", "max\n"),
            ("system.slice/memory.max", "3000\n"),
            ("system.slice/ravenry.service/memory.max", "2000\n"),
            ("user.slice/memory.max", "1\n"),
            ("high.slice/memory.max", "5000\n"),
            ("high.slice/memory.high", "4000\n"),
        ];
        let group = |path: &str| least(&files, &format!("0::{path}\n"));
        assert_eq!(group("/system.slice/ravenry.service"), Some(2000));
        assert_eq!(group("/system.slice/other.service"), Some(3000));
        assert_eq!(group("/high.slice"), Some(4000));
        assert_eq!(group("/"), None, "`max` is no limit");
    }

    #[test]
    fn the_first_version_has_a_directory_for_memory() {
        let files = [
            ("memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("memory/docker/memory.limit_in_bytes", "5000\n"),
            ("memory/docker/a/memory.limit_in_bytes", "7000\n"),
            ("unified/init.scope/memory.max", "6000\n"),
        ];
        let groups = "5:cpu,cpuacct:/x\n4:memory:/docker/a\n0::/init.scope\n";
        assert_eq!(least(&files, groups), Some(5000));
        let only = "4:memory:/elsewhere\n";
        assert_eq!(
            least(&files, only),
            Some(9_223_372_036_854_771_712),
            "its own root"
        );
    }

    #[test]
    fn nothing_is_read_where_nothing_is() {
        assert_eq!(least(&[], "nonsense\n0::/../..\n"), None);
    }

    #[test]
    fn files_in_memory_are_not_in_use() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(root.path().join(name), text).unwrap();
        write("memory.max", "1000\n");
        write("memory.current", "700\n");
        write(
            "memory.stat",
            "anon 300\nactive_file 100\ninactive_file 250\n",
        );
        let groups = directories_of("0::/\n", "memory", root.path());
        let (bytes_max, version, directory) = tightest(&groups).unwrap();
        let group = MemoryInUse::open(bytes_max, version, &directory).unwrap();
        assert_eq!(group.bytes_max, 1000);
        assert_eq!(group.bytes(600), Some(450));
        assert_eq!(group.bytes(700), Some(700), "not looked at");
        write("memory.current", "900\n");
        assert_eq!(group.bytes(700), Some(650), "as it is now");
    }
}
