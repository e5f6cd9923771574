//! Budgets, on a clock that is counted by hand.

use super::*;

const MS: u64 = 1_000_000;
const S: u64 = 1_000 * MS;

#[test]
fn a_few_overruns_are_forgiven_and_the_budget_fills_again() {
    let budget = Budget::new(1);
    let now = S;
    assert!(!budget.polled(now, MS), "a millisecond is none");
    assert!(budget.polled(now, 5 * MS));
    assert!(budget.may_overrun(now), "4 ms beyond are just forgiven");
    budget.polled(now, 2 * MS);
    assert!(!budget.may_overrun(now));
    assert!(!budget.may_overrun(now + S / 2));
    assert!(budget.may_overrun(now + S), "one comes back each second");
}

/// However many bots it has: a tenant's overruns take a thousandth of a serving thread at most.
#[test]
fn overruns_take_a_bounded_part_of_the_time() {
    let budget = Budget::new(1);
    let (mut now, mut beyond) = (S, 0);
    let end = now + 100 * S;
    while now < end {
        if budget.may_overrun(now) {
            budget.polled(now, 3 * MS);
            beyond += 2 * MS;
        }
        now += 3 * MS;
    }
    assert!(beyond <= 100 * MS + 8 * MS, "{} ms", beyond / MS);
    assert!(beyond >= 100 * MS, "and what is its, it gets");
}

/// Two threads serve; a tenant takes all that it gets, another asks now and then.
fn greedy(weight: u32, other_asks: bool) -> u64 {
    let serving = Serving::new(2);
    let (greedy, other) = (Budget::new(weight), Budget::new(1));
    let (mut now, mut had) = (S, 0);
    let end = now + 10 * S;
    while now < end {
        if other_asks && now.is_multiple_of(50 * MS) {
            serving.asked(now, &other);
        }
        if now.is_multiple_of(MS) {
            serving.asked(now, &greedy);
        }
        let poll = MS / 10;
        for _ in 0..4 {
            if serving.may_compute(now, &greedy) {
                serving.computed(now, &greedy, poll);
                had += poll;
            }
        }
        now += MS / 10;
    }
    had / (10 * MS)
}

#[test]
fn alone_no_tenant_is_limited_and_beside_others_each_has_its_share() {
    assert_eq!(greedy(1, false), 4_000, "per second, in milliseconds");
    // A quarter of half of two threads, of which the queries themselves take some.
    let beside = greedy(1, true);
    assert!((150..=255).contains(&beside), "{beside} ms");
    let heavy = greedy(3, true);
    assert!((250..=380).contains(&heavy), "{heavy} ms");
    assert!(heavy > beside);
}

/// A flood of queries leaves a debt that is soon paid.
#[test]
fn a_flood_is_forgotten_after_a_moment() {
    let serving = Serving::new(2);
    let (flood, other) = (Budget::new(1), Budget::new(1));
    serving.asked(S, &other);
    (0..100_000).for_each(|_| serving.asked(S, &flood));
    assert!(!serving.may_compute(S, &flood));
    serving.asked(S + 99 * MS, &other);
    assert!(serving.may_compute(S + 100 * MS, &flood));
}

/// A query or two at a time are served at once, and not more, whether two tenants are there or a thousand.
#[test]
fn a_burst_does_not_shrink_with_the_number_of_others() {
    for others in [1, 10, 1_000] {
        let serving = Serving::new(1);
        let tenant = Budget::new(1);
        for _ in 0..others {
            serving.asked(S, &Budget::new(1));
        }
        let query = || {
            serving.asked(S, &tenant);
            serving.computed(S, &tenant, MS / 10);
        };
        query();
        assert!(serving.may_compute(S, &tenant), "{others} others");
        (0..5).for_each(|_| query());
        assert!(!serving.may_compute(S, &tenant), "{others} others");
        let later = S + others * 4 * MS + MS;
        assert!(serving.may_compute(later, &tenant), "{others} others");
    }
}

/// Connections of no tenant may not crowd out tenants, and take no room from them.
#[test]
fn newcomers_share_one_place_and_have_no_weight() {
    let serving = Serving::new(2);
    let (newcomers, tenant) = (Budget::uncounted(), Budget::new(1));
    (0..10_000).for_each(|_| serving.asked(S, &newcomers));
    assert!(serving.may_compute(S, &newcomers), "no tenant is there");
    serving.asked(S, &tenant);
    (0..10_000).for_each(|_| serving.computed(S, &tenant, MS));
    assert!(serving.may_compute(S, &tenant), "it is alone");
    serving.asked(S, &newcomers);
    assert!(
        serving.may_compute(S, &newcomers),
        "a few are served at once"
    );
    (0..10_000).for_each(|_| serving.asked(S, &newcomers));
    assert!(!serving.may_compute(S, &newcomers));
}

#[test]
fn who_has_left_is_remembered_for_a_while() {
    let (serving, budget) = (Serving::new(2), Budget::new(1));
    assert!(!budget.was_active(S));
    serving.asked(S, &budget);
    assert!(budget.was_active(10 * S));
    assert!(!budget.was_active(12 * S));
}
