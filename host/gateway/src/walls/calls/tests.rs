//! What the wall refuses, and what it lets pass: tried on threads of their own, and computed.

use std::{fs::File, net::TcpListener, os::fd::AsFd as _, process::Command, thread};

use rustix::{
    io::Errno,
    process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open},
    thread::{LinkNameSpaceType, move_into_link_name_space},
};
use seccompiler::{apply_filter, sock_filter};
use socket2::{Domain, Socket, Type};

use super::*;

/// Runs this behind the wall, which stands around the thread that it runs on and around no other.
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

/// What the kernel would answer to a call: nothing, where it is allowed, or an error.
///
/// The kernel's own machine in short, with as many of its instructions as there are in these programs.
fn answer(call: c_long, arguments: &[u64]) -> Option<i32> {
    let arch = match ARCH {
        "x86_64" => 0xc000_003e_u32,
        "aarch64" => 0xc000_00b7,
        other => panic!("what is {other} to the kernel?"),
    };
    let mut looked_at = Vec::new();
    looked_at.extend(i32::try_from(call).unwrap().to_ne_bytes());
    looked_at.extend(arch.to_ne_bytes());
    looked_at.extend(0_u64.to_ne_bytes());
    for index in 0..6 {
        looked_at.extend(arguments.get(index).unwrap_or(&0).to_ne_bytes());
    }
    let answers = programs().unwrap().into_iter().filter_map(|program| {
        let returned = run(&program, &looked_at);
        (returned != libc::SECCOMP_RET_ALLOW).then(|| {
            let data = returned & libc::SECCOMP_RET_DATA;
            assert_eq!(returned - data, libc::SECCOMP_RET_ERRNO, "none is killed");
            i32::try_from(data).unwrap()
        })
    });
    answers.min()
}

fn run(program: &[sock_filter], looked_at: &[u8]) -> u32 {
    let (mut at, mut word) = (0, 0);
    loop {
        let step = &program[at];
        at += 1;
        let jump = |is: bool| usize::from(if is { step.jt } else { step.jf });
        match step.code {
            0x20 => {
                let from = step.k as usize;
                word = u32::from_ne_bytes(looked_at[from..from + 4].try_into().unwrap());
            }
            0x54 => word &= step.k,
            0x05 => at += step.k as usize,
            0x15 => at += jump(word == step.k),
            0x25 => at += jump(word > step.k),
            0x35 => at += jump(word >= step.k),
            0x06 => return step.k,
            other => panic!("what does {other:#x} do?"),
        }
    }
}

/// Each call of the list, whatever it is called with; and the others, where it matters with what.
#[test]
fn every_row_is_refused() {
    for call in REFUSED.iter().chain(REFUSED_HERE) {
        assert_eq!(answer(*call, &[]), Some(libc::EPERM), "{call}");
        assert_eq!(answer(*call, &[u64::MAX; 6]), Some(libc::EPERM), "{call}");
    }
    let of_thread = libc::CLONE_VM | libc::CLONE_THREAD | libc::CLONE_SIGHAND;
    let flags = |flags: libc::c_int| [u64::from(flags.cast_unsigned())];
    assert_eq!(answer(libc::SYS_clone, &flags(of_thread)), None);
    for namespace in NAMESPACES {
        let asked = answer(libc::SYS_clone, &flags(of_thread | namespace));
        assert_eq!(asked, Some(libc::EPERM), "{namespace:#x}");
    }
    assert_eq!(answer(libc::SYS_clone3, &[]), Some(libc::ENOSYS));
    for request in TYPING {
        // The kernel looks at the lower half: what stands in the other one is no way around.
        for request in [request, request | 1 << 40] {
            let asked = answer(libc::SYS_ioctl, &[0, request]);
            assert_eq!(asked, Some(libc::EPERM));
        }
    }
    assert_eq!(answer(libc::SYS_ioctl, &[0, libc::TIOCGWINSZ]), None);
    #[cfg(target_arch = "x86_64")]
    for call in [libc::SYS_ptrace, libc::SYS_read, 521] {
        assert_eq!(answer(call | 0x4000_0000, &[]), Some(libc::ENOSYS));
    }
    for call in [libc::SYS_read, libc::SYS_execve, libc::SYS_openat] {
        assert_eq!(answer(call, &[]), None);
    }
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
