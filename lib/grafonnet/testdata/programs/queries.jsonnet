// Queries of the types that have more than the rules give.
local g = import 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0/main.libsonnet';
{
  prometheus:
    g.query.prometheus.new('$datasource', 'up')
    + g.query.prometheus.withInstant()
    + g.query.prometheus.withRange(false)
    + g.query.prometheus.withFormat('time_series')
    + g.query.prometheus.withLegendFormat('{{job}}')
    + g.query.prometheus.withIntervalFactor(2)
    + g.query.prometheus.withInterval('1m')
    + g.query.prometheus.withExemplar()
    + g.query.prometheus.withEditorMode('code')
    + g.query.prometheus.withRefId('A')
    + g.query.prometheus.withHide(),
  prometheusDatasource: g.query.prometheus.withDatasource('uid'),
  loki: g.query.loki.new('uid', '{job="x"}') + g.query.loki.withMaxLines(10),
  tempo: g.query.tempo.new('uid', '{}', [g.query.tempo.filters.withId('id') + g.query.tempo.filters.withValue(['a'])]),
  testData: g.query.testData.new() + g.query.testData.withScenarioId('random_walk') + g.query.testData.withPoints([[1, 2]]),
  math: g.query.expr.TypeMath.withType() + g.query.expr.TypeMath.withExpression('$A * 2'),
  pyroscope: g.query.grafanaPyroscope.withLabelSelector(),
}
