//! Connections that come, begin and wait, by a clock that the test moves.

use std::{
    sync::atomic::AtomicUsize,
    task::{Wake, Waker},
};

use tokio::time::advance;

use super::*;

const MOMENT: Duration = Duration::from_millis(1);

/// Counts how often it is woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// So many connections, a moment between two.
async fn come(connections: &mut OpenConnections, many: usize) -> Vec<Arc<IdleState>> {
    let mut all = Vec::new();
    for _ in 0..many {
        all.push(connections.come());
        advance(MOMENT).await;
    }
    all
}

/// Asks the next one to go: which of these it was.
async fn next(connections: &mut OpenConnections, all: &[Arc<IdleState>]) -> Option<usize> {
    let candidate = connections.longest_idle().await?;
    let at = all
        .iter()
        .position(|state| Arc::ptr_eq(state, &candidate.state));
    assert!(candidate.ask());
    at
}

fn is_asked(state: &IdleState) -> bool {
    state.waits(Waker::noop())
}

/// The connection that has waited longest goes first, whether it was silent since it came or since its last
/// answer. One that has a request under way does not go.
#[tokio::test(start_paused = true)]
async fn the_one_that_has_waited_longest_goes_first() {
    let mut connections = OpenConnections::new();
    let all = come(&mut connections, 5).await;
    // Has a request under way.
    all[0].begins();
    // Had one, and waits again.
    all[1].begins();
    assert!(!is_asked(&all[1]));
    let mut gone = Vec::new();
    while let Some(at) = next(&mut connections, &all).await {
        gone.push(at);
        advance(MOMENT).await;
    }
    assert_eq!(gone, [2, 3, 4, 1]);
    assert!(!is_asked(&all[0]));
    assert!(all[1..].iter().all(|state| is_asked(state)));
}

/// What a walk has found is used up; a connection that has had a request since is passed over.
#[tokio::test(start_paused = true)]
async fn a_request_since_the_walk_counts() {
    let mut connections = OpenConnections::new();
    let all = come(&mut connections, 4).await;
    assert_eq!(next(&mut connections, &all).await, Some(0));
    all[1].begins();
    all[2].begins();
    assert!(!is_asked(&all[2]), "it waits again");
    assert_eq!(next(&mut connections, &all).await, Some(3));
    advance(MOMENT).await;
    assert_eq!(next(&mut connections, &all).await, Some(2));
    assert_eq!(next(&mut connections, &all).await, None);
}

/// A connection that is asked to go is woken. A request that comes before it has gone is served.
#[tokio::test(start_paused = true)]
async fn a_request_that_comes_first_is_served() {
    let mut connections = OpenConnections::new();
    let state = connections.come();
    let bell = Arc::<Bell>::default();
    assert!(!state.waits(&Waker::from(Arc::clone(&bell))));
    let candidate = connections.longest_idle().await.unwrap();
    assert!(candidate.ask());
    assert_eq!(bell.0.load(Ordering::Relaxed), 1);
    state.begins();
    assert!(!is_asked(&state));

    advance(MOMENT).await;
    let candidate = connections.longest_idle().await.unwrap();
    state.begins();
    assert!(!candidate.ask());
    assert!(!is_asked(&state));
}

/// Where all have requests under way, they are not looked at for each that comes.
#[tokio::test(start_paused = true)]
async fn there_is_time_between_two_walks() {
    let mut connections = OpenConnections::new();
    let all: Vec<_> = (0..3_000).map(|_| connections.come()).collect();
    for state in &all {
        state.begins();
    }
    assert!(connections.longest_idle().await.is_none());
    assert!(!is_asked(&all[2_999]));
    assert!(connections.longest_idle().await.is_none(), "not yet");
    advance(Duration::from_millis(3)).await;
    assert_eq!(next(&mut connections, &all).await, Some(2_999));
}

/// One walk finds a bounded number, and these are the oldest.
#[tokio::test(start_paused = true)]
async fn a_walk_keeps_the_oldest() {
    let mut connections = OpenConnections::new();
    let mut all = come(&mut connections, 3_000).await;
    // Accepted first, and had a request.
    all[0].begins();
    assert!(!is_asked(&all[0]));
    assert_eq!(next(&mut connections, &all).await, Some(1));
    assert_eq!(connections.found.len(), FOUND_MIN - 1);
    for at in 2..=FOUND_MIN {
        assert_eq!(next(&mut connections, &all).await, Some(at));
    }
    // They are asked, and have not gone yet.
    advance(Duration::from_secs(1)).await;
    assert_eq!(next(&mut connections, &all).await, Some(FOUND_MIN + 1));
    all.clear();
    assert!(connections.longest_idle().await.is_none());
}

/// Connections that are gone are forgotten, however many there were.
#[tokio::test(start_paused = true)]
async fn connections_that_are_gone_are_forgotten() {
    let mut connections = OpenConnections::new();
    let mut here: Vec<_> = (0..100).map(|_| connections.come()).collect();
    for _ in 0..10_000 {
        here.swap_remove(here.len() / 2);
        connections.gone();
        here.push(connections.come());
        assert!(connections.all.len() <= 200, "{}", connections.all.len());
    }
    while here.pop().is_some() {
        connections.gone();
    }
    assert!(connections.all.len() < 100, "{}", connections.all.len());
}
