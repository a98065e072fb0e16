//! Which of several queues, rings, channels or cores a flow uses.

use crate::rx::steering::rss::Rss;
use crate::vocab::flow_key::FlowKey;
use crate::world::FlowMap;

/// Returns a function that picks the place of a flow's target in the map: the indirection table's
/// entry for its hash. Without a table, or without a hash, it is the first target.
pub(crate) fn picker(map: &FlowMap) -> impl Fn(&FlowKey) -> usize {
    let rss = map.rss.as_ref().map(|spec| (Rss::new(spec), &spec.table));
    move |key| {
        let entry = rss.as_ref().and_then(|(rss, table)| table.get(usize::from(rss.bucket(key))));
        entry.map_or(0, |place| *place as usize)
    }
}
