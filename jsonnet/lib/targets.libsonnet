// How a query is asked: over the time range, or as of now.
local datasource = import 'datasource.libsonnet';
local g = import 'g.libsonnet';

local prometheus = g.query.prometheus;

{
  // Lines over the dashboard's time range; legend: a name, or a template of labels.
  line(expr, legend):
    prometheus.new(datasource.reference, expr)
    + prometheus.withLegendFormat(legend)
    + prometheus.withRange(true)
    + prometheus.withInstant(false),

  // One value for each series as of the end of the time range.
  now(expr, legend):
    prometheus.new(datasource.reference, expr)
    + prometheus.withLegendFormat(legend)
    + prometheus.withRange(false)
    + prometheus.withInstant(true),

  // One table row for each series as of the end of the time range.
  rows(expr):
    self.now(expr, '') + prometheus.withFormat('table'),
}
