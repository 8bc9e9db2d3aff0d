// makeGrid: equal panels, rows, collapsed rows, a start line.
local g = import 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0/main.libsonnet';
local panel(title) = g.panel.text.new(title) { gridPos: { h: 3, w: 3, x: 9, y: 9, static: true } };
local row(title) = g.panel.row.new(title);
local show(panel) = (
  local p = panel.gridPos;
  '%s: x %d y %d w %d h %d' % [panel.title, p.x, p.y, p.w, p.h]
) + if panel.type == 'row' then ', collapsed ' + panel.collapsed else '';
local showAll(panels) = std.flatMap(
  function(panel) [show(panel)] + ['  ' + show(p) for p in std.get(panel, 'panels', [])],
  panels
);
local grid = g.util.grid.makeGrid;
{
  defaults: showAll(grid([panel('p%d' % i) for i in std.range(1, 4)])),
  sizes: showAll(grid([panel('p%d' % i) for i in std.range(1, 5)], panelWidth=10, panelHeight=5)),
  wide: showAll(grid([panel('a'), panel('b')], panelWidth=24, panelHeight=4, startY=2)),
  empty: grid([]),
  otherKeysStay: grid([panel('a')])[0].gridPos,
  rows: showAll(grid([
    panel('before'),
    row('open'),
    panel('a'),
    panel('b'),
    panel('c'),
    panel('d'),
    row('collapsed') + g.panel.row.withCollapsed(),
    panel('e'),
    row('filled') + g.panel.row.withPanels([panel('f'), panel('g')]),
    panel('h'),
    row('empty'),
  ], startY=1)),
  rowWithoutFlag: showAll(grid([{ type: 'row', title: 'bare' }, panel('a')])),
  expandedRowHasAnEmptyList: grid([row('r'), panel('a')])[0],
  long: showAll(grid([panel('p%d' % i) for i in std.range(1, 2000)]))[1999],
  manyRows: showAll(grid(std.flatMap(function(i) [row('r%d' % i), panel('p%d' % i)], std.range(1, 1000))))[1999],
}
