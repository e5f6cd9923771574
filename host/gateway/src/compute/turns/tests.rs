//! Fairness, on a clock that is counted by hand.

#![expect(
    clippy::cast_precision_loss,
    reason = "parts of a whole need no more than a few digits"
)]

use proptest::prelude::*;

use super::*;

const SLICE: u64 = 4_000_000;

fn path(tenant: &Arc<Account>, bot: &Arc<Account>) -> Path {
    Path {
        tenant: Arc::clone(tenant),
        bot: Arc::clone(bot),
        reply: Account::new(1),
    }
}

/// One that takes turns: its path, and how long its turns take.
struct Player {
    path: Path,
    nanos: u64,
    had: u64,
}

fn player(tenant: &Arc<Account>, bot: &Arc<Account>, nanos: u64) -> Player {
    Player {
        path: path(tenant, bot),
        nanos,
        had: 0,
    }
}

/// One thread; all players always want another turn.
fn play(players: &mut [Player], turns: &mut Turns<usize>, rounds: usize) {
    for (number, player) in players.iter().enumerate() {
        turns.push(&player.path, number);
    }
    for _ in 0..rounds {
        let number = turns.next().unwrap();
        let player = &mut players[number];
        player.had += player.nanos;
        turns.done(&player.path, player.nanos);
        turns.push(&player.path, number);
    }
    while turns.next().is_some() {}
}

fn had<'a>(players: impl IntoIterator<Item = &'a Player>) -> u64 {
    players.into_iter().map(|player| player.had).sum()
}

#[test]
fn tenants_share_by_weight_whatever_the_number_of_their_replies() {
    let (one, many) = (Account::new(3), Account::new(1));
    let (bot, bots) = (Account::new(1), [Account::new(1), Account::new(1)]);
    let mut players = vec![player(&one, &bot, SLICE)];
    players.extend((0..500).map(|number| player(&many, &bots[number % 2], SLICE)));
    play(&mut players, &mut Turns::new(SLICE), 8_000);
    let part = players[0].had as f64 / had(&players) as f64;
    assert!((0.74..0.76).contains(&part), "{part}");
}

#[test]
fn within_a_tenant_turns_go_by_bot_and_within_a_bot_by_reply() {
    let tenant = Account::new(1);
    let bots = [Account::new(1), Account::new(1)];
    let mut players: Vec<_> = (0..10)
        .map(|number| player(&tenant, &bots[usize::from(number > 0)], SLICE))
        .collect();
    play(&mut players, &mut Turns::new(SLICE), 9_000);
    let first = players[0].had as f64 / had(&players) as f64;
    assert!((0.49..0.51).contains(&first), "{first}");
    for other in &players[1..] {
        let part = other.had as f64 / had(&players[1..]) as f64;
        assert!((0.10..0.12).contains(&part), "{part}");
    }
}

#[test]
fn who_has_slept_gets_the_next_turn_and_no_more() {
    let (busy, sleeper) = (Account::new(1), Account::new(1));
    let bots = [Account::new(1), Account::new(1)];
    let mut turns = Turns::new(SLICE);
    play(&mut [player(&busy, &bots[0], SLICE)], &mut turns, 1_000);
    let mut players = [
        player(&busy, &bots[0], SLICE),
        player(&sleeper, &bots[1], SLICE),
    ];
    play(&mut players, &mut turns, 100);
    let part = players[1].had as f64 / had(&players) as f64;
    assert!((0.48..=0.52).contains(&part), "{part}");
}

#[test]
fn leaving_pays_no_debt() {
    let (leaver, other) = (Account::new(1), Account::new(1));
    let bots = [Account::new(1), Account::new(1)];
    let mut turns = Turns::new(SLICE);
    let steady = path(&other, &bots[1]);
    turns.push(&steady, None);
    let mut had = [0_u32; 2];
    for round in 0..1_000 {
        // Each time as a reply that was never seen before; the one before that is gone.
        let fresh = path(&leaver, &bots[0]);
        turns.push(&fresh, Some((round, fresh.clone())));
        loop {
            match turns.next().unwrap() {
                Some((asked, gone)) if asked < round => turns.done(&gone, 0),
                Some((_, fresh)) => {
                    had[0] += 1;
                    break turns.done(&fresh, SLICE);
                }
                None => {
                    had[1] += 1;
                    turns.done(&steady, SLICE);
                    break turns.push(&steady, None);
                }
            }
        }
    }
    assert!(had[1] >= 490, "{had:?} of 1,000");
}

#[test]
fn what_was_had_at_serving_threads_counts_and_is_no_debt_for_ever() {
    let (served, other) = (Account::new(1), Account::new(1));
    let bots = [Account::new(1), Account::new(1)];
    served.served(3_600_000_000_000);
    let mut players = [
        player(&served, &bots[0], SLICE),
        player(&other, &bots[1], SLICE),
    ];
    let mut turns = Turns::new(SLICE);
    play(&mut players, &mut turns, 20);
    assert_eq!(players[0].had, 0, "the other comes first");
    play(&mut players, &mut turns, 1_000);
    let part = players[0].had as f64 / had(&players) as f64;
    assert!(
        part > 0.45,
        "an hour that no other wanted is not owed: {part}"
    );
}

proptest! {
    /// Over any time in which all want to compute, no tenant is further below its share than a few slices.
    #[test]
    fn no_tenant_is_below_its_share(
        weights in prop::collection::vec(1_u32..=10, 2..5),
        times in prop::collection::vec(20_000_u64..=SLICE, 5),
        rounds in 200_usize..1_000,
    ) {
        let bots: Vec<_> = weights.iter().map(|_| Account::new(1)).collect();
        let tenants: Vec<_> = weights.iter().map(|weight| Account::new(*weight)).collect();
        let mut players: Vec<_> = tenants
            .iter()
            .zip(&bots)
            .zip(&times)
            .map(|((tenant, bot), nanos)| player(tenant, bot, *nanos))
            .collect();
        let mut turns = Turns::new(SLICE);
        play(&mut players, &mut turns, rounds);
        let all = had(&players) as f64;
        let sum: u32 = weights.iter().sum();
        for (player, weight) in players.iter().zip(&weights) {
            let fair = all * f64::from(*weight) / f64::from(sum);
            let missing = fair - player.had as f64;
            prop_assert!(missing <= 4.0 * SLICE as f64, "{missing} ns below {fair}");
        }
    }

    /// Every item that is pushed comes out once, whatever happens in between.
    #[test]
    fn nothing_is_lost_and_nothing_comes_twice(
        steps in prop::collection::vec((0_usize..3, 0_usize..2, any::<bool>()), 1..200),
    ) {
        let tenants: Vec<_> = (0..3).map(|_| Account::new(1)).collect();
        let bots: Vec<_> = (0..6).map(|_| Account::new(1)).collect();
        let mut turns = Turns::new(SLICE);
        let (mut pushed, mut popped) = (0, 0);
        let mut paths = Vec::new();
        for (tenant, bot, pop) in steps {
            let path = path(&tenants[tenant], &bots[tenant * 2 + bot]);
            paths.push(path.clone());
            turns.push(&path, paths.len() - 1);
            pushed += 1;
            tenants[tenant].served(1_000_000);
            if pop {
                let number = turns.next();
                prop_assert!(number.is_some());
                popped += 1;
                turns.done(&paths[number.unwrap()], SLICE / 2);
            }
        }
        while turns.next().is_some() {
            popped += 1;
        }
        prop_assert_eq!(pushed, popped);
    }
}
