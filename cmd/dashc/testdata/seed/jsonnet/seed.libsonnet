// The queries that the team wrote first.
local g = import 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0/main.libsonnet';
local panel(title, exprs) =
  g.panel.timeSeries.new(title)
  + g.panel.timeSeries.panelOptions.withDescription('What it shows.')
  + g.panel.timeSeries.standardOptions.withNoValue('Nothing yet')
  + g.panel.timeSeries.queryOptions.withDatasource('prometheus', 'prometheus')
  + g.panel.timeSeries.queryOptions.withTargets(std.mapWithIndex(function(i, e) g.query.prometheus.new('prometheus', e) + g.query.prometheus.withRefId(std.char(65 + i)), exprs));
function(uid, title, panels)
  g.dashboard.new(title) + g.dashboard.withUid(uid)
  + g.dashboard.withPanels(g.util.grid.makeGrid([panel(p[0], p[1:]) for p in panels], 12, 8))
