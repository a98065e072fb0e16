//! vCPUs that may run on several cores.

use super::*;
use rxsim::world::WorkSpec;

/// Two machines that start on core 1 and float over cores 1 and 2.
fn floating(sent: &[&[u64]]) -> World {
    let mut world = guests(sent);
    world.hosts[0].costs.context_switch = Span::ns(7);
    for (vm, vnic) in world.vms.iter_mut().zip(&mut world.vnics) {
        (vm.allowed_cores, vnic.vf) = (Some(vec![1, 2]), None);
    }
    world
}

#[test]
fn a_vcpu_wakes_up_where_the_fewest_threads_are_runnable() {
    let world = floating(&[&[0], &[1, 2000]]);
    let (run, ends) = run(&world);
    // Notified at 770, one after the other: the first one's core has a runnable thread then.
    assert_eq!(ends[..2], [(0, Some(0), 150, 870, None), (1, Some(0), 420, 870, None)]);
    // Later core 1 is the first of two that rest, and ran the other one's vCPU last.
    assert_eq!(ends[2], (1, Some(0), 2150, 2467 + 100, None));
    assert_eq!([busy(&run, 1)[3], busy(&run, 2)[3]], [100 + 107, 100]);
    let mut pinned = world.clone();
    pinned.vms.iter_mut().for_each(|vm| vm.allowed_cores = None);
    assert_eq!(super::run(&pinned).1[1], (1, Some(0), 420, 977, None));
}

#[test]
fn a_vcpu_stays_where_it_is_until_it_waits_again() {
    // Notified at 730, and busy with two packets when the third one is accepted.
    let mut world = floating(&[&[0, 30, 1000]]);
    world.hosts[0].costs.guest_packet = ns(700);
    let (run, ends) = run(&world);
    assert!(ends.iter().all(|end| end.4.is_none()));
    assert_eq!([busy(&run, 1)[3], busy(&run, 2)[3]], [30 + 3 * 700, 0]);
}

#[test]
fn other_threads_count_and_so_does_the_list_of_cores() {
    for (floats, core) in [(vec![1, 2], 2), (vec![2, 1], 2), (vec![1, 0], 0), (vec![1], 1)] {
        let mut world = floating(&[&[0]]);
        world.vms[0].allowed_cores = Some(floats.clone());
        world.hosts[0].quantum = Span::us(1);
        let period = Span::us(400);
        world.works.push(WorkSpec { name: "w".into(), host: 0, core: 1, period, demand: period });
        let (run, _) = run(&world);
        let guest = [0, 1, 2].map(|core| busy(&run, core)[3]);
        let expected = [0, 1, 2].map(|one| if one == core { guest[core] } else { 0 });
        assert_eq!(guest, expected, "{floats:?}");
        assert!(guest[core] >= 100);
    }
}

#[test]
fn a_floating_machine_that_stops_is_idle_wherever_it_was() {
    let mut world = floating(&[&[0, 5000], &[1]]);
    world.vms[0].allowed_cores = Some(vec![2, 1]);
    stop(&mut world, 800, DropReason::VmPaused);
    start(&mut world, 900);
    let (run, ends) = run(&world);
    assert_eq!(ends[0], (0, Some(0), 150, 800, Some(DropReason::VmPaused)));
    assert_eq!(ends[1], (1, Some(0), 420, 870, None));
    assert_eq!(ends[2], (0, Some(0), 5150, 5560, None));
    assert_eq!([busy(&run, 1)[3], busy(&run, 2)[3]], [100, 30 + 100]);
}
