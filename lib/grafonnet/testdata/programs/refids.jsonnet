// Reference ids of queries: A to Z, then AA.
local g = import 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0/main.libsonnet';
local util = g.util.panel;
local panel(count) = { type: 'text', targets: [{} for i in std.range(1, count)] };
local refIDs(panel) = [target.refId for target in panel.targets];
{
  some: refIDs(util.setRefIDs(panel(3))),
  many: [refIDs(util.setRefIDs(panel(704)))[i] for i in [25, 26, 27, 51, 52, 701, 702, 703]],
  overridden: refIDs(util.setRefIDs({ targets: [{ refId: 'X' }, {}] })),
  kept: refIDs(util.setRefIDs({ targets: [{ refId: 'X' }, {}] }, overrideExistingIDs=false)),
  withoutTargets: util.setRefIDs({ type: 'text' }),
  onPanels: util.setRefIDsOnPanels([panel(1), { type: 'row', panels: [panel(2)] }, { type: 'row' }]),
}
