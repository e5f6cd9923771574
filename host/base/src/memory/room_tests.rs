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

fn enter(rooms: &Rooms, parts: &Parts, kind: RoomKind) -> RequestMemory {
    rooms.enter(kind, parts, pools())
}

/// How many bodies of 1 MiB a tenant gets in.
fn fill(rooms: &Rooms, parts: &Parts, kind: RoomKind) -> Vec<RequestMemory> {
    let mut inside = Vec::new();
    loop {
        let mut body = enter(rooms, parts, kind);
        if !body.hold(MIB, MIB) {
            return inside;
        }
        inside.push(body);
    }
}

#[test]
fn a_tenant_has_as_much_as_is_free() {
    let rooms = rooms();
    let (first, second, third) = (Parts::default(), Parts::default(), Parts::default());
    let of_first = fill(&rooms, &first, RoomKind::Large);
    assert_eq!(of_first.len(), 16, "half of the room");
    assert_eq!(fill(&rooms, &second, RoomKind::Large).len(), 8);
    let of_second = fill(&rooms, &second, RoomKind::Large);
    assert!(!fill(&rooms, &third, RoomKind::Large).is_empty());
    drop((of_first, of_second));
    assert_eq!(
        fill(&rooms, &first, RoomKind::Large).len(),
        16,
        "all came back"
    );
}

#[test]
fn large_bodies_leave_the_room_of_small_ones_alone() {
    let rooms = rooms();
    let tenants = [(); 20].map(|()| Parts::default());
    let large = tenants
        .each_ref()
        .map(|parts| fill(&rooms, parts, RoomKind::Large));
    assert!(large.iter().map(Vec::len).sum::<usize>() > 30);
    assert_eq!(fill(&rooms, &tenants[0], RoomKind::Small).len(), 4);
}

#[test]
fn the_only_body_of_a_tenant_may_have_what_is_free() {
    let rooms = rooms();
    let (first, second) = (Parts::default(), Parts::default());
    let mut large = enter(&rooms, &first, RoomKind::Large);
    assert!((1..=30).all(|mib| large.hold(mib * MIB, mib * MIB)));
    assert!(!large.hold(33 * MIB, 33 * MIB));
    let mut other = enter(&rooms, &first, RoomKind::Large);
    assert!(!other.hold(MIB, MIB), "it is not the only one");
    let mut other = enter(&rooms, &second, RoomKind::Large);
    assert!(other.hold(2 * MIB, 2 * MIB));
}

#[test]
fn what_is_refused_changes_nothing() {
    let rooms = rooms();
    let parts = Parts::default();
    let pools = pools();
    let mut body = rooms.enter(RoomKind::Large, &parts, pools.clone());
    assert!(body.hold(10 * MIB, 20 * MIB));
    assert!(!body.hold(40 * MIB, 40 * MIB), "no room");
    assert!(!body.hold(20 * MIB, 2000 * MIB), "no memory");
    assert_eq!(parts.large.load(Ordering::Relaxed), 10 * MIB);
    assert_eq!(rooms.large.used.load(Ordering::Relaxed), 10 * MIB);
    assert!(pools.iter().all(|pool| pool.free() == 980 * MIB));
}

#[test]
fn a_run_takes_over_what_is_booked_for_the_body() {
    let rooms = rooms();
    let parts = Parts::default();
    let pools = pools();
    let mut body = rooms.enter(RoomKind::Large, &parts, pools.clone());
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
