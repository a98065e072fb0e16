//! A program of somebody else's, which knows nothing of rxsim but its public face: a policy of its
//! own in a world built by hand, and in one from a scenario. It fails where these do not build, or
//! where the outcome is not what it must be.

use rxsim::policy::{CoreId, QueueId};
use rxsim::world::{
    Action, AppSpec, Arrivals, Consumer, Draw, EventSpec, HostSpec, Maker, NicSpec, Rebalance,
    TrafficSpec, VmSpec, VnicOwner, VnicSpec, WorkSpec, World,
};
use rxsim::{Error, Loads, Move, Outcome, Policy, Source, Span, Time, load, run};

/// Moves queue 0 to and fro between two cores, as often as it was told to.
struct Pendulum {
    left: u32,
}

impl Policy for Pendulum {
    fn name(&self) -> &'static str {
        "pendulum"
    }

    fn rebalance(&mut self, loads: &Loads) -> Vec<Move> {
        if self.left == 0 {
            return Vec::new();
        }
        self.left -= 1;
        let to = CoreId(1 - loads.queues[0].core.0);
        vec![Move::Queue { queue: QueueId(0), to }]
    }
}

/// A policy whose moves no port can make.
struct Astray;

impl Policy for Astray {
    fn name(&self) -> &'static str {
        "astray"
    }

    fn rebalance(&mut self, loads: &Loads) -> Vec<Move> {
        vec![Move::Queue { queue: QueueId(loads.queues.len() as u32), to: CoreId(0) }]
    }
}

/// Two cores, a queue on each; a guest, an app and other work beside the network.
fn by_hand() -> World {
    let mut world = World::new(Span::ms(50));
    let mut host = HostSpec::new("alpha", 2);
    host.costs.packet = Draw::Constant(Span::us(1));
    world.hosts.push(host);
    world.nics.push(NicSpec::new("port0", 0, &[0, 1]));
    world.apps.push(AppSpec::new("server", 0, 1));
    world.works.push(WorkSpec::new("batch", 0, 0, Span::us(100), Span::ms(1)));
    world.vms.push(VmSpec::new("web", 0, &[1]));
    world.vnics.push(VnicSpec::new("vm.web[0]", 0, VnicOwner::Vm { vm: 0, vcpu: 0 }));
    for (name, to) in [("app", Consumer::App(0)), ("vm", Consumer::Vnic(0))] {
        let mut traffic = TrafficSpec::new(name, 0, Arrivals::constant(Span::us(10)));
        traffic.to = to;
        traffic.source.flows.count = 50;
        world.sources.push(traffic);
    }
    let at = Time::ZERO + Span::ms(25);
    world.events.push(EventSpec::new(at, Action::Link { nic: 0, up: false }));
    world
}

fn moved(world: &World, left: u32) -> Result<Outcome, Error> {
    let mut world = world.clone();
    let maker = Maker::own(move || Box::new(Pendulum { left }));
    world.nics[0].rebalance = Some(Rebalance::new(Span::ms(1), maker));
    Ok(run(&world)?)
}

fn from_scenario() -> Result<World, Error> {
    let text = r#"
        duration = "50 ms"
        host.alpha = { cores = 2, cost = { packet = "1 us" } }
        nic.port0 = { path = "rss", rss = { queues = 2 } }
        traffic.bulk = { to = "host.alpha", rate = "100 kpps", flows = 100 }
    "#;
    Ok(load(&Source::new("here", text), &[])?.plan(None)?.world)
}

fn main() -> Result<(), Error> {
    for world in [by_hand(), from_scenario()?] {
        let outcome = moved(&world, 7)?;
        assert_eq!(outcome.nics[0].policy.moves, 7);
        assert!(outcome.sources.iter().all(|source| source.delivered.packets > 2_000));
        assert_eq!(outcome.fingerprint, moved(&world, 7)?.fingerprint);
    }
    let mut world = by_hand();
    world.nics[0].rebalance = Some(Rebalance::new(Span::ms(1), Maker::own(|| Box::new(Astray))));
    let error = run(&world).expect_err("there is no queue 2");
    println!("{error}");
    assert_eq!((error.policy.as_str(), error.at), ("astray", Time::ZERO + Span::ms(1)));
    Ok(())
}
