//! The verdict: one sentence that says what limits, or that nothing does.

use super::words;
use crate::study::bottleneck::{Bottleneck, Kind, Resource};
use crate::study::metrics::TOLERATED_LOSS;
use crate::study::run::Study;

/// What cores do, in the order of [`crate::study::bottleneck::WORK`].
const DOING: [&str; 4] = ["interrupts", "deferred work", "apps", "other load"];

/// The verdict on a study.
#[must_use]
pub fn verdict(study: &Study) -> String {
    let figure = |path: &str| study.metrics.number(path).unwrap_or(0.0);
    let (offered, delivered) = (figure("offered.gbps"), figure("delivered.gbps"));
    if offered == 0.0 && delivered == 0.0 {
        return "No bottleneck: nothing was offered.".to_owned();
    }
    let found = &study.bottleneck;
    let Some(limit) = &found.limit else { return carried(study, delivered) };
    let loss = figure("loss");
    let piling = if loss > TOLERATED_LOSS {
        String::new()
    } else {
        format!(" Queues grow by {} packets a second.", words::digits(figure("backlog.growth_pps")))
    };
    let outcome = format!("{} delivered.{piling}", words::gbps_of(delivered, offered));
    format!("{}; {outcome}", cause(limit, found))
}

fn cause(limit: &Resource, found: &Bottleneck) -> String {
    let name = words::resource(limit);
    let used = words::percent(limit.utilization.min(1.0));
    match limit.kind {
        Kind::Core if found.work[0] > 0.5 => {
            format!("Livelock: interrupts take {} of {name}", words::percent(found.work[0]))
        }
        Kind::Core => {
            let most = (0..4).max_by(|a, b| found.work[*a].total_cmp(&found.work[*b]));
            let doing = DOING[most.expect("there are four kinds of work")];
            format!("Bottleneck: {name}, {used} busy with {doing}")
        }
        Kind::Buffer => format!("Bottleneck: {name} overflows while what empties it has time left"),
        _ => format!("Bottleneck: {name}, {used} busy"),
    }
}

/// Nothing limits: what was carried, and how much more would be.
fn carried(study: &Study, delivered: f64) -> String {
    let loss = study.metrics.number("loss").unwrap_or(0.0);
    let lost = if loss == 0.0 {
        "without loss".to_owned()
    } else {
        format!("with {} lost", words::percent(loss))
    };
    let start = format!("No bottleneck: {} delivered {lost}", words::gbps(delivered));
    match &study.bottleneck.next {
        Some(next) => format!(
            "{start}; {}, {} busy, would carry about {}.",
            words::resource(next),
            words::percent(next.utilization),
            capacity(next)
        ),
        None => format!("{start}; nothing came near its limit."),
    }
}

/// What limits next, once the bottleneck is lifted; none without a bottleneck or a next limit.
#[must_use]
pub fn next(study: &Study) -> Option<String> {
    study.bottleneck.limit.as_ref()?;
    let next = study.bottleneck.next.as_ref()?;
    Some(format!(
        "Next limit, once that is lifted: {}, at about {}.",
        words::resource(next),
        capacity(next)
    ))
}

fn capacity(resource: &Resource) -> String {
    words::gbps(resource.capacity_gbps.unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::fixture;

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

    #[test]
    fn a_carried_load_is_said_to_have_head_room() {
        let study = fixture::study(8, 3);
        assert_eq!(
            verdict(&study),
            "No bottleneck: 9.87 Gbps delivered without loss; the link of port0, 99.9 % busy, \
             would carry about 9.87 Gbps."
        );
        assert_eq!(next(&study), None);
    }
}
