// Variables of each kind.
local g = import 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0/main.libsonnet';
local variable = g.dashboard.variable;
local datasource = variable.datasource.new('datasource', 'prometheus');
g.dashboard.withVariables([
  datasource
  + variable.datasource.withRegex('/prod/')
  + variable.datasource.generalOptions.withCurrent('Default', 'uid')
  + variable.datasource.generalOptions.showOnDashboard.withValueOnly(),

  variable.query.new('job')
  + variable.query.withDatasourceFromVariable(datasource)
  + variable.query.queryTypes.withLabelValues('job', 'up')
  + variable.query.withRegex('/.*/')
  + variable.query.withSort()
  + variable.query.refresh.onTime()
  + variable.query.selectionOptions.withMulti()
  + variable.query.selectionOptions.withIncludeAll(customAllValue='.*')
  + variable.query.generalOptions.withLabel('Job')
  + variable.query.generalOptions.withDescription('Text')
  + variable.query.generalOptions.withCurrent('All', '$__all'),

  variable.query.new('instance', 'label_values(instance)')
  + variable.query.withDatasource('prometheus', 'uid')
  + variable.query.withRefresh(0)
  + variable.query.refresh.onLoad()
  + variable.query.selectionOptions.withIncludeAll()
  + variable.query.generalOptions.withName('node')
  + variable.query.generalOptions.showOnDashboard.withLabelAndValue(),

  variable.custom.new('quantile', [{ key: 'p50', value: 0.5 }, { key: 'p99', value: '0.99' }, 'a,b', 3]),

  variable.custom.new('many', ['x', 'y'])
  + variable.custom.selectionOptions.withMulti(),

  variable.textbox.new('filter', 'x'),
  variable.textbox.new('empty'),
  variable.constant.new('cluster', 'main'),

  variable.interval.new('interval', ['1m', '5m'])
  + variable.interval.withAutoOption(30, '10s'),

  variable.adhoc.new('adhoc', 'prometheus', 'uid'),
])
+ g.dashboard.withVariablesMixin(
  variable.adhoc.newFromDatasourceVariable('adhoc2', datasource)
  + variable.adhoc.generalOptions.showOnDashboard.withNothing()
)
+ {
  labelValuesWithoutMetric: variable.query.queryTypes.withLabelValues('job'),
  queryResult: variable.query.queryTypes.withQueryResult('up'),
  sorts: [
    variable.query.withSort(7),
    variable.query.withSort(type='alphabetical'),
    variable.query.withSort(type='alphabetical', asc=false),
    variable.query.withSort(type='numerical'),
    variable.query.withSort(type='numerical', asc=false),
    variable.query.withSort(caseInsensitive=true),
    variable.query.withSort(asc=false, caseInsensitive=true),
  ],
}
