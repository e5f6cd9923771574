//! What is written, in which order, and what is not, by a reader that can be stopped.

use std::sync::mpsc::Receiver;

use parking_lot::{Mutex, MutexGuard};

use super::*;

/// A reader of the log: takes a write when it is let, and remembers all.
#[derive(Clone)]
struct Reader {
    written: Arc<Mutex<Vec<u8>>>,
    /// One message lets one write pass; hanging up lets all pass.
    turns: Arc<Mutex<Receiver<()>>>,
    /// Told of each write before that waits.
    begun: SyncSender<()>,
}

impl Reader {
    fn new() -> (Self, SyncSender<()>, Receiver<()>) {
        let (turn, turns) = sync_channel(1);
        let (begun, begins) = sync_channel(1_000);
        let reader = Self {
            written: Arc::default(),
            turns: Arc::new(Mutex::new(turns)),
            begun,
        };
        (reader, turn, begins)
    }

    fn written(&self) -> MutexGuard<'_, Vec<u8>> {
        self.written.lock()
    }
}

impl Write for Reader {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.begun.send(());
        let _ = self.turns.lock().recv();
        self.written().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Remembers how many dropped lines were told of.
fn counter() -> (Arc<AtomicU64>, impl FnMut(u64)) {
    let told: Arc<AtomicU64> = Arc::default();
    let count = Arc::clone(&told);
    (told, move |lines| {
        count.fetch_add(lines, Ordering::SeqCst);
    })
}

/// The end waits for what is queued, and the order stays.
#[test]
fn what_is_queued_is_written_before_the_end() {
    let (reader, turn, begins) = Reader::new();
    let (told, tell) = counter();
    let (queue, logging) = LogQueue::start(reader.clone(), tell).unwrap();
    queue.push(b"first\n");
    // It is being written now, and the others queue behind it.
    begins.recv().unwrap();
    let lines: Vec<String> = (0..1_000).map(|line| format!("line {line}\n")).collect();
    for line in &lines {
        queue.push(line.as_bytes());
    }
    drop(turn);
    drop(logging);
    let all = format!("first\n{}", lines.concat());
    assert_eq!(*reader.written(), all.as_bytes());
    assert_eq!(told.load(Ordering::SeqCst), 0);
    assert_eq!(queue.state.bytes.load(Ordering::SeqCst), 0);
    // All that waited went in one write.
    assert_eq!(begins.try_iter().count(), 1);
}

/// What is queued while a panic unwinds is written too.
#[test]
fn what_is_queued_is_written_after_a_panic() {
    let (reader, turn, _begins) = Reader::new();
    drop(turn);
    let copy = reader.clone();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        let (queue, _logging) = LogQueue::start(copy, |_| {}).unwrap();
        queue.push(b"last words\n");
        panic!("for this test");
    }));
    assert!(panicked.is_err());
    assert_eq!(*reader.written(), b"last words\n");
}

/// Fills the queue behind a reader that is stopped; gives the lines that fitted and those that did not.
fn overfill(line: &[u8], count: u64) -> (u64, u64) {
    let (reader, turn, begins) = Reader::new();
    let (told, tell) = counter();
    let (queue, logging) = LogQueue::start(reader.clone(), tell).unwrap();
    queue.push(b"first\n");
    begins.recv().unwrap();
    (0..count).for_each(|_| queue.push(line));
    let dropped = queue.state.dropped.load(Ordering::SeqCst);
    assert_eq!(told.load(Ordering::SeqCst), 0, "there is no room yet");
    drop(turn);
    drop(logging);
    assert_eq!(told.load(Ordering::SeqCst), dropped);
    assert_eq!(queue.state.bytes.load(Ordering::SeqCst), 0);
    let written = (reader.written().len() - b"first\n".len()) / line.len();
    (u64::try_from(written).unwrap(), dropped)
}

/// Short lines meet the bound of lines, long ones that of bytes. What does not fit is counted and told.
#[test]
fn what_does_not_fit_is_dropped_and_told() {
    let lines_max = u64::try_from(LINES_MAX).unwrap();
    assert_eq!(overfill(b"x\n", lines_max + 7), (lines_max, 7));
    let long = vec![b'x'; 64 * 1024];
    // The line that is being written counts too.
    assert_eq!(overfill(&long, 130), (127, 3));
}

/// A reader that never reads holds nothing up, neither a line nor the end.
#[test]
fn a_reader_who_never_reads_is_not_waited_for() {
    let (reader, _turn, _begins) = Reader::new();
    let (queue, logging) = LogQueue::start(reader, |_| {}).unwrap();
    (0..2 * LINES_MAX).for_each(|_| queue.push(b"x\n"));
    let began = Instant::now();
    drop(logging);
    assert!(
        began.elapsed() >= LAST_LINES_WITHIN,
        "it was not waited for"
    );
    assert!(began.elapsed() < 10 * LAST_LINES_WITHIN);
}
