// One function of each kind that the naming rules make.
local g = import 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0/main.libsonnet';
local heatmap = g.panel.heatmap.options;
local table = g.panel.table;
local custom = g.panel.timeSeries.fieldConfig.defaults.custom;
{
  scalar: custom.withLineWidth(2),
  scalarWithDefault: heatmap.withCellGap(),
  enumWithDefault: g.panel.stat.options.withColorMode(),
  scalarOrNull: g.panel.timeSeries.standardOptions.threshold.step.withValue(null),
  booleanWithoutDefault: custom.withAxisCenteredZero(),
  booleanWhoseDefaultIsFalse: g.panel.stat.options.withShowPercentChange(),
  booleanSet: g.panel.stat.options.withWideLayout(false),
  constant: g.panel.row.withType(),
  object: heatmap.withLegend({ show: false }),
  objectWithDefault: heatmap.withColor(),
  objectMixin: heatmap.withColor() + heatmap.withColorMixin({ steps: 8 }),
  nested: heatmap.color.withScheme() + heatmap.color.withSteps(3) + heatmap.calculation.xBuckets.scale.withType('log'),
  array: g.panel.timeSeries.options.legend.withCalcs(['mean', 'max']),
  arrayWrapped: g.panel.timeSeries.options.legend.withCalcs('mean'),
  arrayMixin:
    g.panel.timeSeries.options.legend.withCalcs(['mean'])
    + g.panel.timeSeries.options.legend.withCalcsMixin('max'),
  arrayItems: table.options.withSortBy([
    table.options.sortBy.withDisplayName('Value') + table.options.sortBy.withDesc(),
  ]),
  booleanOrNumber: [custom.withSpanNulls(true), custom.withSpanNulls(3600000)],
  unionMember:
    table.fieldConfig.defaults.custom.cellOptions.TableBarGaugeCellOptions.withType()
    + table.fieldConfig.defaults.custom.cellOptions.TableBarGaugeCellOptions.withMode('gradient'),
  unionWhole: table.fieldConfig.defaults.custom.cellOptions.withTableAutoCellOptions({ type: 'auto' }),
  unionWholeMixin:
    table.fieldConfig.defaults.custom.withCellOptions({ type: 'auto' })
    + table.fieldConfig.defaults.custom.cellOptions.withTableAutoCellOptionsMixin({ wrapText: true }),
  unionInArray: [
    g.query.elasticsearch.bucketAggs.Terms.withType() + g.query.elasticsearch.bucketAggs.Terms.settings.withMinDocCount('1'),
    g.query.elasticsearch.metrics.MetricAggregationWithSettings.Average.settings.script.withInline('_value'),
  ],
  unionInArrayHasNoPair: [
    name
    for name in std.objectFields(g.query.elasticsearch.bucketAggs)
    if std.startsWith(name, 'with')
  ],
  unionAtTheRoot:
    g.query.cloudWatch.CloudWatchLogsQuery.withId('a')
    + g.query.cloudWatch.CloudWatchLogsQuery.logGroups.withArn('b'),
  underscores: g.dashboard.timepicker.withRefreshIntervals(['1m']),
  reservedWord: g.alerting.ruleGroup.rules.withFor('5m'),
  recursionCut: g.alerting.notificationPolicy.withRoutes({ receiver: 'team' }),
}
