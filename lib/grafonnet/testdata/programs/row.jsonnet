// A row by itself: its place, its panels, its flag.
local g = import 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0/main.libsonnet';
{
  new: g.panel.row.new('Row'),
  placed: g.panel.row.new('Row') + g.panel.row.withGridPos(5),
  collapsed: g.panel.row.new('Row') + g.panel.row.withCollapsed(),
  panels:
    g.panel.row.new('Row')
    + g.panel.row.withPanels(g.panel.text.new('One'))
    + g.panel.row.withPanelsMixin([g.panel.text.new('Two')])
    + g.panel.row.withRepeat('job'),
}
