// The helpers for lists of panels.
local g = import 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0/main.libsonnet';
local util = g.util.panel;
local panel(title, h=8, w=8, x=0, y=0) = { type: 'text', title: title, gridPos: { h: h, w: w, x: x, y: y } };
local row(title, panels=[], collapsed=false) =
  { type: 'row', title: title, collapsed: collapsed, panels: panels, gridPos: { h: 1, w: 24, x: 0, y: 0 } };
local titles(panels) = [
  if p.type == 'row' then { [p.title]: [q.title for q in p.panels] } else p.title
  for p in panels
];
local identified = [panel('a') { id: 4 }, row('r', [panel('b') { id: 1 }, panel('c')]), panel('d')];
{
  ids: util.getPanelIDs(util.setPanelIDs(identified)),
  idsKept: util.getPanelIDs(util.setPanelIDs(identified, overrideExistingIDs=false)),
  idsOfSome: util.getPanelIDs(identified),
  valid: [util.validatePanelIDs(util.setPanelIDs(identified)), util.validatePanelIDs([{ id: 1 }, { id: 1 }])],
  sane: [util.sanitizePanel({ type: 'text' }), util.sanitizePanel({ type: 'row', panels: [{ type: 'text', gridPos: { w: 2 } }] })],
  saneWith: util.sanitizePanel({ type: 'text', gridPos: { x: 5 } }, defaultX=1, defaultY=2, defaultHeight=3, defaultWidth=4),
  sorted: titles(util.sortPanelsByXY([panel('c', y=8), panel('b', x=8), panel('a')])),
  sortedInRow: titles([util.sortPanelsInRow(row('r', [panel('b', x=8), panel('a')]))]),
  before: titles(util.getPanelsBeforeNextRow([panel('a'), panel('b'), row('r'), panel('c')])),
  noRow: titles(util.getPanelsBeforeNextRow([panel('a')])),
  grouped: titles(util.groupPanelsInRows([panel('a'), row('r'), panel('b'), row('s', [panel('c')]), panel('d')])),
  groupedWithoutRows: titles(util.groupPanelsInRows([panel('a')])),
  resolved: titles(util.resolveCollapsedFlagOnRows([row('r', [panel('a')]), row('s', [panel('b')], true)])),
  mapped: titles(util.mapToRows(function(r) r { title: 'row' }, [panel('a'), row('r')])),
  lowest: util.calculateLowestYforPanel(panel('x', x=4), [panel('a', h=3), panel('b', x=8, h=5), panel('c', x=16, h=9)]),
  normalized: [
    [p.title, p.gridPos.y]
    for p in util.normalizeY([panel('low', y=20), panel('right', x=8, y=9), panel('top', y=3)])
  ],
}
