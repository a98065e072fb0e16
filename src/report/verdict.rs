//! The verdict: one sentence that says what limits, or that nothing does.

use super::format;
use crate::study::bottleneck::{Activity, Bottleneck, Place, Resource, ResourceKind, bottleneck};
use crate::study::metrics::TOLERATED_LOSS;
use crate::study::run::Study;
use crate::vocab::drop_reason::DropReason;

/// From this share of its time on a resource is at its limit, even where nothing is lost.
const FULL: f64 = 0.99;

/// The verdict on a study.
#[must_use]
pub fn verdict(study: &Study) -> String {
    let flow = &study.figures.flow;
    let (offered, delivered) = (flow.offered.gbps.or_zero(), flow.delivered.gbps.or_zero());
    if offered == 0.0 && delivered == 0.0 {
        return "No bottleneck: nothing was offered.".to_owned();
    }
    let found = &study.bottleneck;
    let Some(limit) = &found.limit else { return carried(study, delivered) };
    let growth = if flow.loss.or_zero() > TOLERATED_LOSS {
        String::new()
    } else {
        let pps = study.figures.backlog.growth_pps.or_zero();
        format!(" Queues grow by {} packets a second.", format::digits(pps))
    };
    let outcome = if flow.replicated.is_positive() {
        let (delivered, offered) = (format::gbps(delivered), format::gbps(offered));
        format!("{delivered} delivered, copies included; {offered} offered")
    } else {
        format!("{} delivered", format::gbps_of(delivered, offered))
    };
    format!("{}; {outcome}.{growth}", cause(limit, found, &seen(study, limit)))
}

/// In how many replications the limit of their mean was in the way; empty where in all.
fn seen(study: &Study, limit: &Resource) -> String {
    let same = |one: &Resource| match (&one.place, &limit.place) {
        (Place::Cores(host, cores), Place::Cores(at, all)) => {
            host == at && cores.iter().any(|core| all.contains(core))
        }
        (one, limit) => one == limit,
    };
    let limits = study.replications.iter().map(|one| bottleneck(&study.plan.world, one).limit);
    let seen = limits.flatten().filter(|one| one.kind == limit.kind && same(one)).count();
    match (seen, study.replications.len()) {
        (seen, all) if seen == all => String::new(),
        (0, all) => format!(" on the average of {all} replications"),
        (seen, all) => format!(" in {seen} of {all} replications"),
    }
}

fn cause(limit: &Resource, found: &Bottleneck, seen: &str) -> String {
    let name = format::resource(limit);
    let used = format::percent(limit.utilization.min(1.0));
    match limit.kind {
        ResourceKind::Core if found.work.interrupt > 0.5 => {
            let taken = format::percent(found.work.interrupt);
            format!("Livelock{seen}: interrupts take {taken} of {name}")
        }
        ResourceKind::Core => {
            format!("Bottleneck{seen}: {name}, {used} busy with {}", activity(found))
        }
        ResourceKind::Buffer => {
            format!("Bottleneck{seen}: {name} overflows while what empties it has time left")
        }
        _ => format!("Bottleneck{seen}: {name}, {used} busy"),
    }
}

/// What limiting cores do.
fn activity(found: &Bottleneck) -> &'static str {
    match found.work.activity() {
        Activity::Interrupts => "interrupts",
        Activity::Deferred if found.work.vswitch > 0.0 => "deferred work and the virtual switch",
        Activity::Deferred => "deferred work",
        Activity::Guests => "guests",
        Activity::Apps => "apps",
        Activity::Work => "work",
    }
}

/// Nothing limits: what was carried, and how much more would be.
fn carried(study: &Study, delivered: f64) -> String {
    let loss = study.figures.flow.loss.or_zero();
    let lost = if loss == 0.0 {
        "without loss".to_owned()
    } else {
        format!("with {} lost{}", format::percent(loss), changed(study))
    };
    let outcome = format!("{} delivered {lost}", format::gbps(delivered));
    let Some(next) = &study.bottleneck.next else {
        return format!("No bottleneck: {outcome}; nothing came near its limit.");
    };
    let (name, used) = (format::resource(next), format::percent(next.utilization.min(1.0)));
    if next.utilization >= FULL {
        return format!("At the limit of {name}, {used} busy: {outcome}.");
    }
    let capacity = capacity(study, next);
    format!("No bottleneck: {outcome}; {name}, {used} busy, would be full at about {capacity}.")
}

/// The reasons of losses for which nothing that is scarce is to blame, but something that changed.
fn changed(study: &Study) -> String {
    const CHANGES: [DropReason; 4] =
        [DropReason::LinkDown, DropReason::NoFilter, DropReason::VmPaused, DropReason::WrongHost];
    let dropped = &study.figures.flow.dropped;
    let some = CHANGES.iter().filter(|reason| dropped[**reason].is_positive());
    let names: Vec<&str> = some.map(|reason| reason.name()).collect();
    if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) }
}

/// What limits next, once the bottleneck is lifted; none without a bottleneck or a next limit.
#[must_use]
pub fn next(study: &Study) -> Option<String> {
    study.bottleneck.limit.as_ref()?;
    let next = study.bottleneck.next.as_ref()?;
    Some(format!(
        "Next limit, once that is lifted: {}, at about {}.",
        format::resource(next),
        capacity(study, next)
    ))
}

/// The load that fills a resource; where there are several ports, that it is the load of all.
fn capacity(study: &Study, resource: &Resource) -> String {
    let all = if study.plan.world.nics.len() > 1 { " in all" } else { "" };
    format!("{}{all}", format::gbps(resource.capacity_gbps.unwrap_or(0.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::time::Span;
    use crate::scenario::Plan;
    use crate::study::fixture;
    use crate::world::outcome::Outcome;
    use crate::world::{FlowMap, RxPath};

    #[test]
    fn a_full_core_is_named_with_what_it_does_and_what_it_carried() {
        let study = fixture::study(8, 1);
        assert_eq!(
            verdict(&study),
            "Bottleneck: core 0 of alpha, 100 % busy with deferred work; \
             3.50 of 9.87 Gbps delivered."
        );
        assert_eq!(
            next(&study).unwrap(),
            "Next limit, once that is lifted: the link of port0, at about 9.87 Gbps."
        );
    }

    #[test]
    fn what_is_delivered_of_copies_is_no_part_of_what_was_offered() {
        let mut outcome = fixture::outcome(8, 1);
        outcome.sources[0].replicated = 1;
        let study = fixture::study_of(fixture::plan(), vec![outcome]);
        let told = "; 3.50 Gbps delivered, copies included; 9.87 Gbps offered.";
        assert!(verdict(&study).ends_with(told), "{}", verdict(&study));
    }

    #[test]
    fn a_core_that_interrupts_eat_is_a_livelock() {
        let mut outcome = fixture::outcome(8, 1);
        let busy = &mut outcome.hosts[0].cores[0].busy;
        std::mem::swap(&mut busy.interrupt, &mut busy.deferred);
        let study = fixture::study_of(fixture::plan(), vec![outcome]);
        assert_eq!(
            verdict(&study),
            "Livelock: interrupts take 94.0 % of core 0 of alpha; 3.50 of 9.87 Gbps delivered."
        );
    }

    fn of_guests(outcome: Outcome) -> String {
        let plan = Plan { world: fixture::guests(3), ..fixture::plan() };
        verdict(&fixture::study_of(plan, vec![outcome]))
    }

    #[test]
    fn guests_and_the_virtual_switch_are_named_as_what_they_are() {
        let mut outcome = fixture::guests_outcome(3);
        assert_eq!(
            of_guests(outcome.clone()),
            "Bottleneck: core 5 of alpha, 100 % busy with guests; 2.78 of 2.96 Gbps delivered."
        );
        outcome.hosts[0].cores[5].busy.guest.0 /= 2;
        assert_eq!(
            of_guests(outcome.clone()),
            "Bottleneck: the channel of VM web[0] overflows while what empties it has time left; \
             2.78 of 2.96 Gbps delivered."
        );
        outcome.sources[0].dropped = fixture::lost_at_rings(3_000);
        outcome.nics[0].queues[1].dropped = 3_000;
        outcome.hosts[0].cores[1].busy.vswitch.0 = outcome.window.0 / 100 * 86;
        assert_eq!(
            of_guests(outcome),
            "Bottleneck: core 1 of alpha, 100 % busy with deferred work and the virtual switch; \
             2.78 of 2.96 Gbps delivered."
        );
    }

    #[test]
    fn a_guest_that_leaves_its_virtual_function_full_is_named() {
        let mut plan = Plan { world: fixture::guests(3), ..fixture::plan() };
        plan.world.vnics[0].vf = Some(FlowMap::one(0));
        plan.world.vnics[0].rx_path = RxPath::VirtualFunction;
        let mut outcome = fixture::guests_outcome(3);
        outcome.sources[0].dropped = fixture::lost_at_rings(3_000);
        let verdict =
            |outcome: &Outcome| verdict(&fixture::study_of(plan.clone(), vec![outcome.clone()]));
        assert_eq!(
            verdict(&outcome),
            "Bottleneck: core 5 of alpha, 100 % busy with guests; 2.78 of 2.96 Gbps delivered."
        );
        outcome.hosts[0].cores[5].busy.guest.0 /= 2;
        assert_eq!(
            verdict(&outcome),
            "Bottleneck: the virtual function of VM web[0] overflows while what empties it has \
             time left; 2.78 of 2.96 Gbps delivered."
        );
    }

    #[test]
    fn losses_that_a_change_caused_are_named() {
        let mut outcome = fixture::outcome(8, 3);
        outcome.nics[0].link_busy = Span(fixture::WINDOW.0 / 10 * 9);
        outcome.sources[0].dropped = [0; DropReason::ALL.len()];
        for reason in [DropReason::WrongHost, DropReason::VmPaused] {
            outcome.sources[0].dropped[reason as usize] = 1_000;
        }
        let verdict = verdict(&fixture::study_of(fixture::plan(), vec![outcome]));
        assert!(verdict.contains(" lost (vm_paused, wrong_host); "), "{verdict}");
    }

    #[test]
    fn a_carried_load_is_said_to_have_head_room() {
        let mut outcome = fixture::outcome(8, 3);
        outcome.nics[0].link_busy = Span(fixture::WINDOW.0 / 10 * 9);
        let study = fixture::study_of(fixture::plan(), vec![outcome]);
        assert_eq!(
            verdict(&study),
            "No bottleneck: 9.87 Gbps delivered without loss; the link of port0, 90.0 % busy, \
             would be full at about 9.87 Gbps."
        );
        assert_eq!(next(&study), None);
    }

    #[test]
    fn a_full_link_that_loses_nothing_is_at_its_limit() {
        assert_eq!(
            verdict(&fixture::study(8, 3)),
            "At the limit of the link of port0, 99.9 % busy: 9.87 Gbps delivered without loss."
        );
    }

    #[test]
    fn a_limit_of_some_replications_is_not_said_of_all() {
        let plan = Plan { world: fixture::world(8, 3), ..fixture::plan() };
        let mut loses = fixture::outcome(8, 3);
        loses.sources[0].dropped[2] = 10_000;
        loses.nics[0].queues[1].dropped = 10_000;
        let carries = fixture::outcome(8, 3);
        let study = fixture::study_of(plan, vec![loses, carries.clone(), carries]);
        let found = verdict(&study);
        assert!(found.starts_with("Bottleneck in 1 of 3 replications: "), "{found}");
    }
}
