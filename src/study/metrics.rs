//! The metrics of results by path: what each means, and which of them a world has.

use super::figures::Figures;
use super::figures::record::{Place, Record, Side};
use crate::measure::tree::Tree;
use crate::world::World;
use std::sync::LazyLock;

pub use super::figures::TOLERATED_LOSS;
pub use super::figures::record::Metric;

/// Longer words are no misspelt paths.
const LONGEST: usize = 100;

static ALL: LazyLock<Vec<Metric>> = LazyLock::new(|| {
    let mut all = Vec::new();
    Figures::list(Place::default(), &mut all);
    all
});

/// All metrics, in the order of the tree.
#[must_use]
pub fn all() -> &'static [Metric] {
    &ALL
}

/// The metric that a path names: one of a result (`host.alpha.core[0].busy`), or one of
/// [`all`] (`host.NAME.core[N].busy`).
#[must_use]
pub fn metric(path: &str) -> Option<&'static Metric> {
    ALL.iter().find(|metric| filled_in(&metric.path, path).is_some_and(|filled| filled == path))
}

/// The path of a metric that is nearest to a misspelt one, with the names and numbers of that one;
/// of several metrics that end alike (`p99_us`), the first. None where nothing is near.
#[must_use]
pub fn nearest(path: &str) -> Option<String> {
    let end = format!(".{path}");
    if let Some(metric) = ALL.iter().find(|metric| metric.path.ends_with(&end)) {
        return Some(metric.path.clone());
    }
    let limit = path.len() / 3 + 1;
    let of_length = Some(path).filter(|path| path.len() <= LONGEST)?;
    let filled = ALL.iter().filter_map(|metric| filled_in(&metric.path, of_length));
    let distances = filled.map(|filled| (strsim::damerau_levenshtein(&filled, path), filled));
    let nearest = distances.filter(|(distance, _)| *distance <= limit).min_by_key(|near| near.0);
    nearest.map(|(_, filled)| filled)
}

/// The path of a metric with the names and numbers that `path` has at their places; none where
/// `path` has another number of words.
fn filled_in(metric: &str, path: &str) -> Option<String> {
    let (theirs, given): (Vec<&str>, Vec<&str>) =
        (metric.split('.').collect(), path.split('.').collect());
    let fill = |(known, given): (&&str, &&str)| {
        let (name, number) = given.split_at(given.find('[').unwrap_or(given.len()));
        let is_number = number == "[N]"
            || number.strip_prefix('[').and_then(|number| number.strip_suffix(']')).is_some_and(
                |number| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()),
            );
        let known = if name.is_empty() { (*known).to_owned() } else { known.replace("NAME", name) };
        if is_number { known.replace("[N]", number) } else { known }
    };
    (theirs.len() == given.len())
        .then(|| theirs.iter().zip(&given).map(fill).collect::<Vec<_>>().join("."))
}

/// The metrics of a run in which nothing happened: every path that a run of `world` has.
#[must_use]
pub fn shape(world: &World) -> Tree {
    tree(&Figures::of_nothing(world), Side::Value)
}

/// Figures as a tree.
pub(super) fn tree(figures: &Figures, side: Side) -> Tree {
    figures.tree(side).expect("all figures are a table")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn paths_with_names_and_numbers_have_a_meaning() {
        let found = metric("host.alpha.core[0].busy").unwrap();
        assert_eq!((found.path.as_str(), found.unit), ("host.NAME.core[N].busy", "share"));
        assert_eq!(
            found.meaning,
            "Fraction of the window that a core spent: on all traffic, which is all but `work`"
        );
        for known in ["vm.web[3].latency.p99_us", "vnic.mgmt.loss", "vnic.storage[1].path", "loss"]
        {
            assert!(metric(known).is_some(), "{known}");
        }
        let unknown = ["latency", "vm.web.loss", "host.alpha.core.busy", "loss[0]", "core[].x", ""];
        for unknown in unknown {
            assert_eq!(metric(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn a_misspelt_path_leads_to_the_nearest_with_its_own_names() {
        let near = |path| nearest(path).unwrap_or_default();
        assert_eq!(near("host.alpha.core[0].bsy"), "host.alpha.core[0].busy");
        assert_eq!(near("latency.p99us"), "latency.p99_us");
        assert_eq!(near("p99_us"), "latency.p99_us");
        assert_eq!(nearest("watermelon"), None);
    }

    #[test]
    fn every_metric_has_a_path_of_its_own_a_unit_and_a_meaning() {
        let paths: BTreeSet<&str> = all().iter().map(|metric| metric.path.as_str()).collect();
        assert_eq!(paths.len(), all().len());
        let bare = |metric: &&Metric| metric.unit.is_empty() || metric.meaning.is_empty();
        assert_eq!(all().iter().find(bare), None);
    }
}
