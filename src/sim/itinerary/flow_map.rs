//! Which of several queues, rings or channels a flow's packets are spread to.

use crate::rx::steering::rss::Rss;
use crate::vocab::flow_key::FlowKey;
use crate::world::FlowMap;

/// Finds the place of a flow's packets among those that they are spread over: the one that hash and
/// table name; the first without a table, or a hash.
pub(crate) fn place_in(spread: &FlowMap) -> impl Fn(&FlowKey) -> usize {
    let rss = spread.rss.as_ref().map(|spec| (Rss::new(spec), &spec.table));
    move |key| {
        let entry = rss.as_ref().and_then(|(rss, table)| table.get(usize::from(rss.bucket(key))));
        entry.map_or(0, |place| *place as usize)
    }
}
