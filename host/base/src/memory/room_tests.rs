//! Rooms with little in them.

use super::*;

const MIB: u64 = 1024 * 1024;

fn pools() -> [Arc<MemoryPool>; 3] {
    [1000, 1000, 1000].map(|mib| MemoryPool::new(mib * MIB))
}

/// A process with 32 MiB of room for large bodies, and 8 MiB for small ones.
fn rooms() -> Rooms {
    Rooms::new(0)
}

/// For a tenant's bot.
fn enter(rooms: &Rooms, parts: [&Parts; 2], kind: RoomKind) -> RequestMemory {
    rooms.enter(kind, parts, pools())
}

/// How many bodies of 1 MiB a bot of a tenant gets in.
fn fill(rooms: &Rooms, parts: [&Parts; 2], kind: RoomKind) -> Vec<RequestMemory> {
    let mut inside = Vec::new();
    loop {
        let mut body = enter(rooms, parts, kind);
        if !body.hold(MIB, MIB) {
            return inside;
        }
        inside.push(body);
    }
}

/// A tenant with as many bots as it likes.
fn fill_with_bots(rooms: &Rooms, tenant: &Parts, kind: RoomKind) -> Vec<RequestMemory> {
    let bots = (0..32).map(|_| fill(rooms, [tenant, &Parts::default()], kind));
    bots.flatten().collect()
}

#[test]
fn a_tenant_has_as_much_as_is_free() {
    let rooms = rooms();
    let (first, second, third) = (Parts::default(), Parts::default(), Parts::default());
    let of_first = fill_with_bots(&rooms, &first, RoomKind::Large);
    assert_eq!(of_first.len(), 16, "half of the room");
    let of_second = fill_with_bots(&rooms, &second, RoomKind::Large);
    assert_eq!(of_second.len(), 8);
    assert!(!fill(&rooms, [&third, &Parts::default()], RoomKind::Large).is_empty());
    drop((of_first, of_second));
    let again = fill_with_bots(&rooms, &first, RoomKind::Large);
    assert_eq!(again.len(), 16, "all came back");
}

/// Clients of one of its bots leave room for those of the others.
#[test]
fn a_bot_has_as_much_as_its_tenant_may_still_have() {
    let rooms = rooms();
    let (tenant, open, keyed) = (Parts::default(), Parts::default(), Parts::default());
    let of_open = fill(&rooms, [&tenant, &open], RoomKind::Large);
    assert_eq!(of_open.len(), 10, "a third of the room");
    let of_keyed = fill(&rooms, [&tenant, &keyed], RoomKind::Large);
    assert_eq!(of_keyed.len(), 4);
    drop(of_open);
    let mut large = enter(&rooms, [&tenant, &open], RoomKind::Large);
    assert!(large.hold(12 * MIB, 12 * MIB), "the only one of its bot");
}

#[test]
fn large_bodies_leave_the_room_of_small_ones_alone() {
    let rooms = rooms();
    let tenants = [(); 20].map(|()| Parts::default());
    let large = tenants
        .each_ref()
        .map(|parts| fill_with_bots(&rooms, parts, RoomKind::Large));
    assert!(large.iter().map(Vec::len).sum::<usize>() > 30);
    let small = fill_with_bots(&rooms, &tenants[0], RoomKind::Small);
    assert_eq!(small.len(), 4);
}

#[test]
fn the_only_body_of_a_tenant_may_have_what_is_free() {
    let rooms = rooms();
    let (first, second) = (Parts::default(), Parts::default());
    let (first, second) = ([&first, &Parts::default()], [&second, &Parts::default()]);
    let mut large = enter(&rooms, first, RoomKind::Large);
    assert!((1..=30).all(|mib| large.hold(mib * MIB, mib * MIB)));
    assert!(!large.hold(33 * MIB, 33 * MIB));
    let mut other = enter(&rooms, first, RoomKind::Large);
    assert!(!other.hold(MIB, MIB), "it is not the only one");
    let mut other = enter(&rooms, second, RoomKind::Large);
    assert!(other.hold(2 * MIB, 2 * MIB));
}

#[test]
fn what_is_refused_changes_nothing() {
    let rooms = rooms();
    let (parts, bot) = (Parts::default(), Parts::default());
    let pools = pools();
    let mut body = rooms.enter(RoomKind::Large, [&parts, &bot], pools.clone());
    assert!(body.hold(10 * MIB, 20 * MIB));
    assert!(!body.hold(40 * MIB, 40 * MIB), "no room");
    assert!(!body.hold(20 * MIB, 2000 * MIB), "no memory");
    assert_eq!(parts.large.load(Ordering::Relaxed), 10 * MIB);
    assert_eq!(bot.large.load(Ordering::Relaxed), 10 * MIB);
    assert_eq!(rooms.large.used.load(Ordering::Relaxed), 10 * MIB);
    assert!(pools.iter().all(|pool| pool.free() == 980 * MIB));
}

#[test]
fn a_run_takes_over_what_is_booked_for_the_body() {
    let rooms = rooms();
    let (parts, bot) = (Parts::default(), Parts::default());
    let pools = pools();
    let mut body = rooms.enter(RoomKind::Large, [&parts, &bot], pools.clone());
    assert!(body.hold(10 * MIB, 25 * MIB));
    let of_run = body.hand_over(10 * MIB);
    assert_eq!(of_run.bytes(), 10 * MIB);
    assert_eq!(rooms.large.used.load(Ordering::Relaxed), 0);
    assert_eq!(parts.large.load(Ordering::Relaxed), 0);
    let free = || pools.each_ref().map(|pool| pool.free() / MIB);
    assert_eq!(free(), [975; 3], "neither more nor less");
    drop(body);
    assert_eq!(free(), [990; 3]);
    drop(of_run);
    assert_eq!(free(), [1000; 3]);
}
