//! The virtual machines of a result as people compare them: each one, or those that are alike.

use crate::study::figures::Figures;
use crate::study::figures::flow::Flow;
use crate::study::figures::vm::VmFigures;

/// A virtual machine's figures.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vm<'d> {
    /// The name of its group.
    pub(super) group: &'d str,
    /// Its number within the group.
    pub(super) index: usize,
    /// Its figures.
    pub(super) figures: &'d VmFigures,
}

impl<'d> Vm<'d> {
    /// Its name.
    pub(super) fn name(&self) -> String {
        format!("{}[{}]", self.group, self.index)
    }

    /// The path of its packets.
    pub(super) fn path(&self) -> &'d str {
        self.figures.path.word()
    }

    /// Why its path is no better; empty where there is no better one.
    pub(super) fn reason(&self) -> &'d str {
        Some(self.figures.path_reason.word()).filter(|reason| *reason != "none").unwrap_or("")
    }

    /// What became of the packets for it.
    pub(super) fn flow(&self) -> &'d Flow {
        self.figures.flow()
    }
}

/// All virtual machines, in the order of the file.
pub(super) fn all(figures: &Figures) -> Vec<Vm<'_>> {
    let mut all = Vec::new();
    for (group, vms) in figures.vm.iter() {
        let vms = vms.iter().enumerate();
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
            (other.group, other.path(), other.reason()) == (vm.group, vm.path(), vm.reason())
        };
        match classes.iter_mut().find(same) {
            Some(class) => class.push(*vm),
            None => classes.push(vec![*vm]),
        }
    }
    classes
}
