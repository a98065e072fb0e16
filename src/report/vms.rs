//! The virtual machines of a result as people compare them: each one, or those that are alike.

use crate::measure::tree::Tree;

/// A virtual machine's figures.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vm<'d> {
    /// The name of its group.
    pub(super) group: &'d str,
    /// Its number within the group.
    pub(super) index: usize,
    /// Its metrics.
    pub(super) figures: &'d Tree,
}

impl Vm<'_> {
    /// Its path in the metrics, and its name without `vm.`.
    pub(super) fn path(&self) -> String {
        format!("vm.{}", self.name())
    }

    /// Its name.
    pub(super) fn name(&self) -> String {
        format!("{}[{}]", self.group, self.index)
    }

    /// A word of its metrics.
    pub(super) fn word(&self, key: &str) -> &str {
        match self.figures.get(key) {
            Some(Tree::Word(word)) => word,
            _ => "",
        }
    }

    /// Why its path is no better; empty where there is no better one.
    pub(super) fn reason(&self) -> &str {
        Some(self.word("path_reason")).filter(|reason| *reason != "none").unwrap_or("")
    }

    /// A figure of its metrics, 0 without data.
    pub(super) fn figure(&self, path: &str) -> f64 {
        self.figures.number(path).unwrap_or(0.0)
    }
}

/// All virtual machines, in the order of the file.
pub(super) fn all(metrics: &Tree) -> Vec<Vm<'_>> {
    let groups = metrics.get("vm").map_or(&[][..], Tree::entries);
    let mut all = Vec::new();
    for (group, vms) in groups {
        let vms = vms.items().iter().enumerate();
        all.extend(vms.map(|(index, figures)| Vm { group, index, figures }));
    }
    all
}

/// Those of one group that have the same path for the same reason, together.
pub(super) fn alike<'d>(all: &[Vm<'d>]) -> Vec<Vec<Vm<'d>>> {
    let mut classes: Vec<Vec<Vm>> = Vec::new();
    for vm in all {
        let same = |class: &&mut Vec<Vm>| {
            let other = &class[0];
            (other.group, other.word("path"), other.reason())
                == (vm.group, vm.word("path"), vm.reason())
        };
        match classes.iter_mut().find(same) {
            Some(class) => class.push(*vm),
            None => classes.push(vec![*vm]),
        }
    }
    classes
}
