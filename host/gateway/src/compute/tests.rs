//! Work on real threads: cancelled, woken, panicking at every point; and what it costs others.

use std::{
    future::{Future, pending, poll_fn},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use proptest::prelude::*;

use super::*;

/// Longest wait for something that happens at once; a bound that only a hang reaches.
const SOON: Duration = Duration::from_secs(20);

fn owner() -> Owner {
    Owner {
        tenant: TenantShare::new("acme", 1),
        bot: BotShare::new(),
    }
}

/// Work that says whether it is heavy, and when it is dropped.
struct Watched<F> {
    work: Pin<Box<F>>,
    heavy: bool,
    dropped: mpsc::SyncSender<bool>,
    panics_when_dropped: bool,
}

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.work.as_mut().poll(context)
    }
}

impl<F: Future> Weighed for Watched<F> {
    fn is_heavy(&self) -> bool {
        self.heavy
    }
}

impl<F> Drop for Watched<F> {
    fn drop(&mut self) {
        // The receiver may be gone.
        let _ = self.dropped.try_send(here());
        assert!(!self.panics_when_dropped, "as it was asked to");
    }
}

fn watched<F: Future>(work: F) -> (Watched<F>, mpsc::Receiver<bool>) {
    let (dropped, when) = mpsc::sync_channel(1);
    let work = Watched {
        work: Box::pin(work),
        heavy: false,
        dropped,
        panics_when_dropped: false,
    };
    (work, when)
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime
        .block_on(async { tokio::time::timeout(SOON, work).await })
        .expect("it hangs")
}

#[test]
fn work_waits_on_the_runtime_of_the_compute_threads() {
    let compute = Compute::start().unwrap();
    let (work, dropped) = watched(async {
        assert!(here());
        tokio::time::sleep(Duration::from_millis(1)).await;
        7
    });
    let away = compute.handle().spawn(&owner(), work);
    assert_eq!(wait(away), Ok(7));
    assert_eq!(
        dropped.try_recv(),
        Ok(true),
        "dropped before the end is told"
    );
}

#[test]
fn a_panic_is_what_the_work_comes_to_and_harms_no_other_work() {
    let compute = Compute::start().unwrap();
    for _ in 0..2 * available_parallelism().unwrap().get() {
        let (work, _) = watched(async { panic!("as it was asked to") });
        assert_eq!(
            wait(compute.handle().spawn(&owner(), work)),
            Err::<(), _>(Panicked)
        );
        let (mut work, _) = watched(async {});
        work.panics_when_dropped = true;
        assert_eq!(wait(compute.handle().spawn(&owner(), work)), Ok(()));
        let (mut work, dropped) = watched(pending::<()>());
        work.panics_when_dropped = true;
        drop(compute.handle().spawn(&owner(), work));
        dropped.recv_timeout(SOON).unwrap();
    }
    let still = compute.handle().call(&owner(), || 1);
    assert_eq!(wait(still), Ok(1));
}

#[test]
fn what_is_given_up_goes_at_once_and_what_is_heavy_at_a_compute_thread() {
    let compute = Compute::start().unwrap();
    for heavy in [false, true] {
        let (polled, was_polled) = mpsc::sync_channel(1);
        let (mut work, dropped) = watched(poll_fn(move |_| {
            let _ = polled.try_send(());
            Poll::<()>::Pending
        }));
        work.heavy = heavy;
        let away = compute.handle().spawn(&owner(), work);
        was_polled.recv_timeout(SOON).unwrap();
        drop(away);
        assert!(dropped.recv_timeout(SOON).is_ok());
    }
}

#[test]
fn what_is_left_goes_with_the_threads() {
    let compute = Compute::start().unwrap();
    let (work, dropped) = watched(pending::<()>());
    let away = compute.handle().spawn(&owner(), work);
    drop(compute);
    drop(away);
    assert!(dropped.recv_timeout(SOON).is_ok());
}

/// Computes in pieces until it is told to stop.
fn busy(stop: &Arc<AtomicBool>) -> impl Future<Output = ()> + Send + 'static {
    let stop = Arc::clone(stop);
    poll_fn(move |context| {
        let began = computing();
        while computing().saturating_sub(began) < Duration::from_millis(4) {
            std::hint::spin_loop();
        }
        if stop.load(SeqCst) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
}

/// One quick piece of work beside a hundred that always want a turn: it waits for a few turns, not for
/// all of them.
#[test]
fn one_tenant_does_not_wait_for_all_work_of_another() {
    let compute = Compute::start().unwrap();
    let (handle, crowd) = (compute.handle(), owner());
    let stop = Arc::new(AtomicBool::new(false));
    let loops: Vec<_> = (0..100)
        .map(|_| handle.spawn(&crowd, watched(busy(&stop)).0))
        .collect();
    let polite = owner();
    let mut waits: Vec<Duration> = (0..20)
        .map(|_| {
            let began = Instant::now();
            wait(handle.call(&polite, || ())).unwrap();
            began.elapsed()
        })
        .collect();
    waits.sort();
    stop.store(true, SeqCst);
    // A round of the crowd takes 200 ms on two threads that have their processors to themselves, and
    // four times that beside other programs.
    let middle = waits[waits.len() / 2];
    assert!(middle < Duration::from_millis(150), "{middle:?}");
    for one in loops {
        wait(one).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is woken and given up, from whichever thread: work that is waited for ends, and all of it
    /// is dropped once.
    #[test]
    fn nothing_is_lost_between_wakers_and_those_who_give_up(
        plan in prop::collection::vec((1_usize..6, any::<bool>(), any::<bool>()), 1..24),
    ) {
        let compute = Compute::start().unwrap();
        let (handle, owner) = (compute.handle(), owner());
        let drops = Arc::new(AtomicUsize::new(0));
        let mut kept = Vec::new();
        for (wakes, keep, heavy) in &plan {
            let mut left = *wakes;
            let counted = Counted(Arc::clone(&drops));
            let (mut work, _) = watched(poll_fn(move |context: &mut Context<'_>| {
                let _counted = &counted;
                if left == 0 {
                    return Poll::Ready(());
                }
                left -= 1;
                let waker = context.waker().clone();
                // From another thread, perhaps before this poll has ended.
                std::thread::spawn(move || {
                    waker.wake_by_ref();
                    waker.wake();
                });
                Poll::Pending
            }));
            work.heavy = *heavy;
            let away = handle.spawn(&owner, work);
            if *keep {
                kept.push(away);
            }
        }
        for away in kept {
            prop_assert_eq!(wait(away), Ok(()));
        }
        drop(compute);
        prop_assert_eq!(drops.load(SeqCst), plan.len());
    }
}

struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}
