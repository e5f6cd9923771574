//! How many compilers work at once, and what memory each may have: in proportion to what there is, so that bots
//! answer meanwhile.

use std::thread;

use crate::control_group;

/// The most memory of a compiler, in bytes: seven times what a Python bot takes.
pub(super) const MEMORY_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// What it may have where there is little memory, in bytes: what a Python bot takes with two threads (586 MiB that
/// may be written to, 400 to 490 of them resident), and a fifth more.
const MEMORY_MIN: u64 = 704 * 1024 * 1024;

/// One may have a quarter of the memory that there is.
const PART_OF_ONE: u64 = 4;

/// All that work at once may have half of it, unless that is too little for one. Bots have booked as much at
/// most.
const PART_OF_ALL: u64 = 2;

/// One alone may have two thirds of it at most: from 85 % on no reply is admitted, and the server takes some.
const AT_MOST: (u64, u64) = (2, 3);

/// Memory for which a compiler has another thread, as long as there are cores: each takes 40 MiB of it.
const MEMORY_PER_THREAD: u64 = 256 * 1024 * 1024;

/// What compilers may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Compilers {
    /// How many work at once, each with threads of its own.
    pub(super) at_once: usize,
    /// Memory of one, in bytes.
    pub(super) memory_bytes: u64,
}

impl Compilers {
    /// Those of this process.
    pub(super) fn here() -> Self {
        Self::within(control_group::memory_bytes(), cores())
    }

    /// Those of a process that may use so many bytes of memory, on so many cores.
    pub(super) fn within(memory_bytes: u64, cores: usize) -> Self {
        let most = memory_bytes / AT_MOST.1 * AT_MOST.0;
        let one = (memory_bytes / PART_OF_ONE).clamp(MEMORY_MIN.min(most), MEMORY_MAX);
        Self {
            at_once: times(memory_bytes / PART_OF_ALL, one, cores),
            memory_bytes: one,
        }
    }
}

/// Threads of a compiler that may have so much memory.
pub(super) fn threads(memory_bytes: u64) -> usize {
    times(memory_bytes, MEMORY_PER_THREAD, cores())
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// How many of `one` there are in `all`: one at least, and as many as there are cores at most.
fn times(all: u64, one: u64, cores: usize) -> usize {
    let times = all.checked_div(one).unwrap_or(0);
    usize::try_from(times)
        .map_or(cores, |times| times.min(cores))
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compilers_have_their_part_of_the_memory_that_there_is() {
        let mebibytes = |memory: u64, cores| {
            let compilers = Compilers::within(memory << 20, cores);
            (compilers.at_once, compilers.memory_bytes >> 20)
        };
        assert_eq!(mebibytes(512, 8), (1, 341));
        assert_eq!(mebibytes(1024, 8), (1, 682));
        assert_eq!(mebibytes(2048, 8), (1, 704));
        assert_eq!(mebibytes(4096, 8), (2, 1024));
        assert_eq!(mebibytes(4096, 1), (1, 1024));
        assert_eq!(mebibytes(16 << 10, 8), (2, 4096));
        assert_eq!(mebibytes(64 << 10, 8), (8, 4096));
        assert_eq!(mebibytes(256 << 10, 8), (8, 4096));
    }

    /// On a machine with many cores threads alone would take more than a small group has.
    #[test]
    fn threads_are_bounded_by_memory_too() {
        assert_eq!(times(MEMORY_MIN, MEMORY_PER_THREAD, 64), 2);
        assert_eq!(times(MEMORY_MAX, MEMORY_PER_THREAD, 64), 16);
        assert_eq!(times(MEMORY_MIN, MEMORY_PER_THREAD, 1), 1);
    }
}
