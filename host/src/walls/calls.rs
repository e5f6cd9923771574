//! Calls of the system that a gateway never makes, refused by the kernel (seccomp).
//!
//! A list of what is refused, not of what is allowed. The second would be tighter: but what the C library, the
//! allocator and the compiler call changes with their versions and with the machine, and a gateway that
//! dies of an update is switched to no wall at all. So whole families are refused by which one gets
//! from a process to the kernel, to other processes, or out of a container: other processes' memory, mounts
//! and namespaces, modules and programs for the kernel, keys, rings of calls (`io_uring`), odd kinds of
//! sockets. Where something refused is called all the same, it hears EPERM and goes on.

use std::{collections::BTreeMap, env::consts::ARCH};

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter_all_threads,
};

use super::Standing;

/// Refused, whatever they are called with.
const REFUSED: &[c_long] = &[
    // Other processes: their memory, their files, what they do.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_process_mrelease,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    // Mounts, roots and namespaces; files by other ways than by their names.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_mknodat,
    libc::SYS_fanotify_init,
    // The kernel itself, and programs for it.
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_syslog,
    libc::SYS_lookup_dcookie,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_vmsplice,
    libc::SYS_memfd_secret,
    libc::SYS_remap_file_pages,
    libc::SYS_personality,
    // Keys of the kernel.
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    // The machine: clocks, names, swap, accounts, its end.
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_nfsservctl,
    libc::SYS_vhangup,
    libc::SYS_reboot,
];

/// The same, where the machine has them.
#[cfg(target_arch = "x86_64")]
const REFUSED_HERE: &[c_long] = &[
    libc::SYS_kexec_file_load,
    libc::SYS_mknod,
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    libc::SYS_uselib,
    libc::SYS_ustat,
    libc::SYS_sysfs,
    libc::SYS__sysctl,
];
#[cfg(target_arch = "aarch64")]
const REFUSED_HERE: &[c_long] = &[libc::SYS_kexec_file_load];
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const REFUSED_HERE: &[c_long] = &[];

/// Namespaces that a new process could begin.
const NAMESPACES: [libc::c_int; 7] = [
    libc::CLONE_NEWNS,
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
];

/// Kinds of sockets that there may be: those of names and bots. The C library asks the kernel about
/// addresses by netlink.
const SOCKETS: [libc::c_int; 4] = [
    libc::AF_UNIX,
    libc::AF_INET,
    libc::AF_INET6,
    libc::AF_NETLINK,
];

/// Requests by which a program types at the terminal that it was started from.
const TYPING: [libc::Ioctl; 2] = [libc::TIOCSTI, libc::TIOCLINUX];

/// Raises the wall around all threads of this process.
pub(super) fn raise() -> Result<Standing, String> {
    for program in programs()? {
        apply_filter_all_threads(&program).map_err(|error| error.to_string())?;
    }
    Ok(Standing::Whole)
}

/// What the kernel asks at each call. The strictest answer of all of them counts.
fn programs() -> Result<Vec<BpfProgram>, String> {
    let refusing = program(refused()?, libc::EPERM)?;
    // Its flags lie in memory, where nobody can look. Whoever hears that there is no such call makes
    // the older one.
    let absent = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let mut programs = vec![refusing, program(absent, libc::ENOSYS)?];
    #[cfg(target_arch = "x86_64")]
    programs.push(without_x32());
    Ok(programs)
}

type Rules = BTreeMap<c_long, Vec<SeccompRule>>;

fn program(rules: Rules, answer: libc::c_int) -> Result<BpfProgram, String> {
    let arch = TargetArch::try_from(ARCH).map_err(|error| error.to_string())?;
    let answer = SeccompAction::Errno(answer.cast_unsigned());
    SeccompFilter::new(rules, SeccompAction::Allow, answer, arch)
        .and_then(BpfProgram::try_from)
        .map_err(|error| error.to_string())
}

fn refused() -> Result<Rules, String> {
    let calls = REFUSED.iter().chain(REFUSED_HERE);
    let mut rules: Rules = calls.map(|call| (*call, Vec::new())).collect();
    let begins = |namespace: &libc::c_int| {
        let bit = u64::from(namespace.cast_unsigned());
        all(vec![(0, SeccompCmpOp::MaskedEq(bit), bit)])
    };
    let namespaces = NAMESPACES.iter().map(begins).collect::<Result<_, _>>()?;
    rules.insert(libc::SYS_clone, namespaces);
    let is_odd = SOCKETS
        .iter()
        .map(|kind| (0, SeccompCmpOp::Ne, u64::from(kind.cast_unsigned())));
    rules.insert(libc::SYS_socket, vec![all(is_odd.collect())?]);
    let types = |request: &libc::Ioctl| all(vec![(1, SeccompCmpOp::Eq, *request)]);
    let typing = TYPING.iter().map(types).collect::<Result<_, _>>()?;
    rules.insert(libc::SYS_ioctl, typing);
    Ok(rules)
}

/// A rule for a call of which all of this is true: the number of an argument, how it is compared, with what.
/// The kernel looks at the lower half of these arguments, and so does the rule.
fn all(conditions: Vec<(u8, SeccompCmpOp, u64)>) -> Result<SeccompRule, String> {
    let condition = |(argument, compared, value)| {
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, compared, value)
    };
    let conditions: Result<Vec<_>, _> = conditions.into_iter().map(condition).collect();
    conditions
        .and_then(SeccompRule::new)
        .map_err(|error| error.to_string())
}

/// The calls of a second table, which some kernels have for x86-64: the same calls, under other numbers.
#[cfg(target_arch = "x86_64")]
fn without_x32() -> BpfProgram {
    use seccompiler::sock_filter;
    /// Set in the number of each of them (`__X32_SYSCALL_BIT`).
    const X32: u32 = 0x4000_0000;
    let step = |code: u32, jt, jf, k| sock_filter {
        code: code.try_into().unwrap_or(u16::MAX),
        jt,
        jf,
        k,
    };
    vec![
        // The number of the call is the first word of what is looked at.
        step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        step(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K, 0, 1, X32),
        step(
            libc::BPF_RET | libc::BPF_K,
            0,
            0,
            libc::SECCOMP_RET_ERRNO | libc::ENOSYS.cast_unsigned(),
        ),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ]
}

#[cfg(test)]
mod tests {
    use std::{fs::File, net::TcpListener, os::fd::AsFd as _, process::Command, thread};

    use rustix::{
        io::Errno,
        process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open},
        thread::{LinkNameSpaceType, move_into_link_name_space},
    };
    use seccompiler::apply_filter;
    use socket2::{Domain, Socket, Type};

    use super::*;

    /// Runs this behind the wall, which stands around the thread that it runs on and around nobody else.
    fn behind<T: Send>(run: impl FnOnce() -> T + Send) -> T {
        let raise = || {
            for program in programs().unwrap() {
                apply_filter(&program).unwrap();
            }
            run()
        };
        thread::scope(|scope| scope.spawn(raise).join().unwrap())
    }

    /// Each is harmless if it is not refused: nothing changes.
    #[test]
    fn what_a_gateway_never_calls_is_refused() {
        let name = rustix::system::uname();
        let itself = || pidfd_open(getpid(), PidfdFlags::empty()).unwrap();
        let calls = || {
            let namespace = File::open("/proc/self/ns/uts").unwrap();
            let to = Some(LinkNameSpaceType::HostNameAndNISDomainName);
            [
                rustix::system::sethostname(name.nodename().to_bytes()),
                rustix::process::chroot("/"),
                move_into_link_name_space(namespace.as_fd(), to),
                pidfd_getfd(itself(), 0, PidfdGetfdFlags::empty()).map(drop),
            ]
        };
        assert_eq!(behind(calls), [Err(Errno::PERM); 4]);
        assert!(pidfd_getfd(itself(), 0, PidfdGetfdFlags::empty()).is_ok());
    }

    #[test]
    fn there_are_sockets_of_the_usual_kinds_only() {
        let socket = |kind: libc::c_int| {
            let made = Socket::new(Domain::from(kind), Type::DGRAM, None);
            made.map_err(|error| error.raw_os_error())
        };
        behind(|| {
            for kind in [libc::AF_VSOCK, libc::AF_ALG, libc::AF_PACKET, 1 << 20] {
                assert_eq!(socket(kind).unwrap_err(), Some(libc::EPERM), "{kind}");
            }
            for kind in [libc::AF_UNIX, libc::AF_INET] {
                assert!(socket(kind).is_ok(), "{kind}");
            }
        });
    }

    /// Threads, processes, sockets: what a gateway does goes on.
    #[test]
    fn what_a_gateway_does_is_allowed() {
        behind(|| {
            assert_eq!(thread::spawn(|| 1).join().unwrap(), 1);
            assert!(Command::new("true").status().unwrap().success());
            TcpListener::bind("localhost:0").unwrap();
        });
    }

    /// What is started later is behind the same wall.
    #[test]
    fn it_stands_around_threads_and_programs_too() {
        let filters = |status: &str| {
            let line = status.lines().find(|line| line.starts_with("Seccomp:"));
            line.unwrap().to_owned()
        };
        behind(|| {
            let read = || std::fs::read_to_string("/proc/thread-self/status").unwrap();
            let of_thread = thread::spawn(read).join().unwrap();
            assert_eq!(filters(&of_thread), "Seccomp:\t2");
            let output = Command::new("cat").arg("/proc/self/status").output();
            let of_program = String::from_utf8(output.unwrap().stdout).unwrap();
            assert_eq!(filters(&of_program), "Seccomp:\t2");
        });
    }

    /// No call stands in the list twice, and none of those that programs are made of.
    #[test]
    fn the_list_has_no_slips() {
        let mut calls: Vec<_> = REFUSED.iter().chain(REFUSED_HERE).copied().collect();
        let listed = calls.len();
        calls.sort_unstable();
        calls.dedup();
        assert_eq!(calls.len(), listed);
        for needed in [libc::SYS_execve, libc::SYS_futex, libc::SYS_memfd_create] {
            assert!(!calls.contains(&needed));
        }
    }
}
