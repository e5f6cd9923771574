//! What is said is booked.

use std::task::{Wake, Waker};

use super::*;

/// Notes that it was woken.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn outbox(bytes: u64) -> (Outbox, Arc<MemoryPool>) {
    let bounds = Bounds {
        characters: 10_000_000,
        events: 100,
        wall_time: Duration::from_mins(1),
    };
    let pool = MemoryPool::new(bytes);
    let pools = [(); 3].map(|()| Arc::clone(&pool));
    (Outbox::new(bounds, None, pools), pool)
}

/// Half a million emoji are twelve bytes each on the wire, whether they are read or not.
#[test]
fn what_is_said_is_booked_until_it_is_gone() {
    let text = "😀".repeat(500_000);
    let event = Event::Text {
        index: None,
        text: &text,
    };
    let (roomy, pool) = outbox(100_000_000);
    assert_eq!(roomy.0.say(&event), Ok(()));
    assert!(roomy.overrun().is_none());
    // On each of the three, which are one here.
    let booked = (100_000_000 - pool.free()) / 3;
    let context = Context::from_waker(Waker::noop());
    let bytes = roomy.take(&context, || Duration::ZERO).unwrap();
    assert!((bytes.len() as u64..=2 * bytes.len() as u64).contains(&booked));
    drop(roomy);
    assert!(
        pool.free() < 100_000_000,
        "the socket has not written it yet"
    );
    drop(bytes);
    assert_eq!(pool.free(), 100_000_000);

    let (narrow, pool) = outbox(1_000_000);
    assert_eq!(narrow.0.say(&event), Err(Refusal::TooLong));
    assert_eq!(narrow.overrun(), Some(End::OutOfMemory));
    assert_eq!(pool.free(), 1_000_000);
}

/// A reader that found the lock taken is woken, also by an event for which there was no memory.
#[test]
fn a_reader_that_missed_the_lock_is_woken() {
    let (long, text) = ("x".repeat(2_000_000), "x");
    for text in [&*long, text] {
        let (outbox, _pool) = outbox(1_000_000);
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let context = Context::from_waker(&waker);
        let taken = outbox.0.lock();
        assert!(outbox.tick(&context, Duration::ZERO).is_none());
        drop(taken);
        let said = outbox.0.say(&Event::Text { index: None, text });
        assert_eq!(said.is_err(), text.len() > 1);
        assert!(woken.0.load(Ordering::SeqCst), "{} letters", text.len());
    }
}
