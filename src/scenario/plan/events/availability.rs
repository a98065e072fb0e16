//! Which virtual machines an event applies to: one thing at a time happens to each.

use super::state::Schedule;
use crate::engine::time::Span;
use crate::scenario::text::findings::Findings;
use std::ops::Range;

impl Schedule<'_> {
    /// The VMs that an event applies to: those that run, or those that do not, and to which nothing
    /// else happens.
    pub(super) fn ready(
        &mut self,
        event: usize,
        vms: &Range<usize>,
        run: bool,
        findings: &mut Findings,
    ) -> Vec<usize> {
        let (keys, at) = (self.events[event].keys, self.events[event].at);
        let ready: Vec<usize> = vms.clone().filter(|vm| self.lives[*vm].runs == run).collect();
        if ready.is_empty() {
            let (name, now) = (keys.vm.value.unwrap_or(""), Span(at.0));
            let (state, help) = if run {
                ("does not run", "start it first, with an event \"start-vm\"")
            } else {
                ("runs", "write `running = false` under its table, or stop it first")
            };
            findings.mistake(
                keys.vm
                    .mistake(format!("{name} {state} at {now}"))
                    .because("nothing is left to be done by this event")
                    .help(help),
            );
        }
        ready.into_iter().filter(|vm| self.is_free(event, *vm, findings)).collect()
    }

    /// Whether nothing else happens to a VM at the time of an event.
    fn is_free(&self, event: usize, vm: usize, findings: &mut Findings) -> bool {
        let Some((what, until)) =
            self.lives[vm].busy.filter(|(_, end)| *end > self.events[event].at)
        else {
            return true;
        };
        let keys = self.events[event].keys;
        let until = Span(until.0);
        findings.mistake(
            keys.at
                .mistake(format!("{} {what} until {until}", self.name(vm)))
                .because("one thing at a time happens to a virtual machine")
                .help(format!("write at = \"{until}\" or later")),
        );
        false
    }
}
