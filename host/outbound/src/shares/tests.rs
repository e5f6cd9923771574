//! Who gets how much of a budget, and who waits.

use std::time::Duration;

use tokio::time::timeout;

use super::*;

/// Takes single ones until it would have to wait.
async fn all(share: &Share) -> Vec<ShareGuard> {
    let mut held = Vec::new();
    while let Ok(one) = timeout(Duration::from_millis(1), share.take(1)).await {
        held.push(one);
    }
    held
}

#[tokio::test(start_paused = true)]
async fn a_share_that_comes_later_finds_something() {
    let budget = Budget::new(90);
    let [first, second, third] = [budget.share(), budget.share(), budget.share()];
    let firsts = all(&first).await;
    assert_eq!(firsts.len(), 72, "four fifths");
    let seconds = all(&second).await;
    assert!((14..18).contains(&seconds.len()), "{}", seconds.len());
    assert!(!all(&third).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_given_back_goes_to_a_share_that_waits() {
    let budget = Budget::new(10);
    let [one, other] = [budget.share(), budget.share()];
    let mut held = all(&one).await;
    let others = all(&other).await;
    let waits = tokio::spawn(async move { other.take(2).await });
    tokio::task::yield_now().await;
    assert!(!waits.is_finished());
    held.clear();
    assert!(timeout(Duration::from_secs(1), waits).await.is_ok());
    drop(others);
    assert_eq!(budget.state().used, 0, "all is given back");
}

#[tokio::test(start_paused = true)]
async fn one_is_always_given_where_one_is_free() {
    let share = Budget::new(1).share();
    let first = share.take(1).await;
    assert!(
        timeout(Duration::from_secs(9), share.take(1))
            .await
            .is_err()
    );
    drop(first);
    assert!(timeout(Duration::from_secs(9), share.take(1)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_part_can_be_given_back() {
    let budget = Budget::new(10);
    let share = budget.share();
    let mut held = share.take(2).await;
    held.keep(1);
    assert_eq!(budget.state().used, 1);
    drop(held);
    assert_eq!(budget.state().used, 0);
}

/// An unused connection.
#[derive(Debug, Default)]
struct Unused(Notify, IdleMark);

impl Idle for Unused {
    fn is_idle(&self) -> bool {
        true
    }

    fn give_up(&self) {
        self.0.notify_one();
    }

    fn mark(&self) -> &IdleMark {
        &self.1
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_idle_is_given_up_before_a_share_waits_long() {
    let budget = Budget::new(2);
    let [one, other] = [budget.share(), budget.share()];
    let held = one.take(2).await;
    let unused = Arc::new(Unused::default());
    one.idle(unused.clone());
    one.busy(&*unused);
    assert!(
        budget
            .state()
            .shares
            .values()
            .all(|share| share.idle.is_empty())
    );
    one.idle(unused.clone());
    tokio::spawn(async move {
        unused.0.notified().await;
        drop(held);
    });
    assert!(timeout(Duration::from_secs(1), other.take(1)).await.is_ok());
}
