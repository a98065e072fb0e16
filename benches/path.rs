//! Wall time per packet on the benchmark scenarios, through the library. The gate is on instructions
//! (`benches/instructions.sh`); these figures are for information.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rxsim::scenario::Source;
use rxsim::scenario::load;

const SCENARIOS: [(&str, &str); 4] = [
    ("rss64-constant", include_str!("rss64-constant.toml")),
    ("rss64-poisson", include_str!("rss64-poisson.toml")),
    ("vmq64", include_str!("vmq64.toml")),
    ("micro-model", include_str!("micro-model.toml")),
];

fn path(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("path");
    group.sample_size(10);
    for (name, text) in SCENARIOS {
        let source = Source { name: name.into(), text: text.into(), dir: ".".into() };
        let overlay = ("duration".to_string(), "\"10 ms\"".to_string());
        let plan = load(&source, &[overlay]).and_then(|loaded| loaded.plan(None));
        let world = plan.expect("the benchmark scenarios are sound").world;
        let packets = rxsim::sim::run(&world, &mut |_| {}).expect("no policy of its own").packets;
        group.throughput(Throughput::Elements(packets));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                rxsim::sim::run(&world, &mut |_| {}).expect("no policy of its own").fingerprint
            });
        });
    }
    group.finish();
}

criterion_group!(benches, path);
criterion_main!(benches);
