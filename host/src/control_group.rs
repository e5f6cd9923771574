//! The control groups that this process is in, and those around them: what the kernel allows it.
//!
//! A unit of systemd is a group, a container is one, and each lies in others; the least that any of them
//! says counts. Both versions of control groups are read, also side by side.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Which version of control groups a file is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// A hierarchy for each controller.
    One,
    /// One hierarchy for all.
    Two,
}

/// Where the kernel shows control groups.
const ROOT: &str = "/sys/fs/cgroup";

/// Looks at the directories of all groups of this process, from itself outwards, as far as `controller`
/// goes. Where nothing can be read, there are none.
pub fn directories(controller: &str) -> Vec<(Version, PathBuf)> {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    directories_of(&groups, controller, Path::new(ROOT))
}

/// The same, from the text of `/proc/self/cgroup`.
pub fn directories_of(groups: &str, controller: &str, root: &Path) -> Vec<(Version, PathBuf)> {
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

/// Bytes of memory that the groups allow: the least that any of them says. `None`: they say nothing.
pub fn memory_bytes() -> Option<u64> {
    least_memory(&directories("memory"))
}

fn least_memory(directories: &[(Version, PathBuf)]) -> Option<u64> {
    let files = directories.iter().flat_map(|(version, directory)| {
        let names: &[&str] = match version {
            // Above `high` a group is slowed down until it gives memory back, which bots do not.
            Version::Two => &["memory.max", "memory.high"],
            Version::One => &["memory.limit_in_bytes"],
        };
        names.iter().map(|name| directory.join(name))
    });
    // `max` is no number, and stands for no limit. The first version says a number beyond all memory.
    let numbers = files.filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok());
    numbers.min()
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
        least_memory(&directories_of(groups, "memory", root.path()))
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
}
