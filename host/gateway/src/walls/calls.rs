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
    // Its flags lie in memory, where a filter cannot look. A caller that hears that there is no such
    // call makes the older one.
    let absent = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let mut programs = vec![refusing, program(absent, libc::ENOSYS)?];
    #[cfg(target_arch = "x86_64")]
    programs.push(without_x32());
    Ok(programs)
}

/// Calls, and for what arguments they are meant; none: for all.
pub(super) type Rules = BTreeMap<c_long, Vec<SeccompRule>>;

/// A program that answers to these calls with this error, and allows all others.
pub(super) fn program(rules: Rules, answer: libc::c_int) -> Result<BpfProgram, String> {
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
mod tests;
