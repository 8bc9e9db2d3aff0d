// Panels of a dashboard get ids in order, those in rows after the row.
local g = import 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0/main.libsonnet';
local panel(title) = g.panel.text.new(title);
local ids(dashboard) = g.util.panel.getPanelIDs(dashboard.panels);
local withRow = g.panel.row.new('Row') + g.panel.row.withPanels([panel('in 1'), panel('in 2')]);
{
  set: ids(g.dashboard.withPanels([panel('a'), withRow, panel('b')])),
  one: ids(g.dashboard.withPanels(panel('a'))),
  mixin: ids(g.dashboard.withPanels([panel('a'), withRow]) + g.dashboard.withPanelsMixin([panel('b')])),
  mixinTwice: ids(
    g.dashboard.withPanels([panel('a')]) + g.dashboard.withPanelsMixin(panel('b')) + g.dashboard.withPanelsMixin(panel('c'))
  ),
  mixinAlone: ids(g.dashboard.new('x') + g.dashboard.withPanelsMixin([panel('a')])),
  mixinOnGivenPanels: ids({ panels: [panel('a') { id: 9 }] } + g.dashboard.withPanelsMixin([panel('b')])),
  keptIDs: ids(g.dashboard.withPanels([panel('a') { id: 7 }, panel('b') { id: 3 }], setPanelIDs=false)),
  overwrittenIDs: ids(g.dashboard.withPanels([panel('a') { id: 7 }, panel('b') { id: 3 }])),
  hiddenListStaysHidden: std.objectFields(g.dashboard.withPanels([])),
}
