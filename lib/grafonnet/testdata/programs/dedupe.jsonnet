// Panels whose queries an earlier panel has too share that panel's results.
local g = import 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0/main.libsonnet';
local query(expr) = g.query.prometheus.new('uid', expr);
local panel(title, queries) = { type: 'text', title: title, targets: [query(q) for q in queries] };
local dedupe(panels) = g.util.panel.dedupeQueryTargets(g.util.panel.setRefIDsOnPanels(panels));
{
  same: dedupe([panel('first', ['up']), panel('second', ['up']), panel('other', ['down'])]),
  some: dedupe([panel('first', ['up', 'down']), panel('second', ['up']) { transformations: [{ id: 'reduce' }] }]),
  inRow: dedupe([panel('first', ['up']), { type: 'row', panels: [panel('second', ['up'])] }]),
  keepsIDs: dedupe([panel('first', ['up']) { id: 7 }, panel('second', ['up']) { id: 9 }])[1],
  differentRefIDs: dedupe([panel('first', ['up', 'down']), panel('second', ['down'])])[1].targets[0].expr,
  withoutQueries: dedupe([{ type: 'text' }, { type: 'row' }]),
}
