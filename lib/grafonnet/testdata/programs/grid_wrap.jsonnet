// wrapPanels: sizes that are set stay, a panel that does not fit starts a line.
local g = import 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0/main.libsonnet';
local panel(title, h=null, w=null) =
  g.panel.text.new(title) + g.panel.text.panelOptions.withGridPos(h=h, w=w);
local row(title) = g.panel.row.new(title);
local show(panel) = (
  local p = panel.gridPos;
  '%s: x %d y %d w %d h %d' % [panel.title, p.x, p.y, p.w, p.h]
);
local wrap(panels, panelWidth=8, panelHeight=8, startY=0) =
  std.map(show, g.util.grid.wrapPanels(panels, panelWidth, panelHeight, startY));
{
  defaults: wrap([g.panel.text.new('p%d' % i) for i in std.range(1, 4)]),
  own: wrap([panel('a', 4, 12), panel('b', w=12), panel('c', 6, 6), panel('d')], startY=3),
  arguments: wrap([panel('a'), panel('b'), panel('c')], panelWidth=12, panelHeight=5),
  newHeight: wrap([panel('tall', 10, 24), panel('low', 2, 24), panel('tall 2', 10, 24)]),
  row: wrap([panel('a', 8, 24), row('r'), panel('b', 8, 24)]),
  rowKeepsItsPanels: g.util.grid.wrapPanels([row('r') + g.panel.row.withCollapsed() + g.panel.row.withPanels([panel('a')])]),
  long: wrap([panel('p%d' % i) for i in std.range(1, 2000)])[1999],
}
