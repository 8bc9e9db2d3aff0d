// The variables at the top of every dashboard.
local datasource = import 'datasource.libsonnet';
local g = import 'g.libsonnet';
local measures = import 'measures.libsonnet';

local variable = g.dashboard.variable;

{
  // Which Prometheus the dashboard reads.
  datasource:
    variable.datasource.new(datasource.variable, datasource.type)
    + variable.datasource.generalOptions.withLabel('Data source')
    + variable.datasource.generalOptions.withCurrent(datasource.name, datasource.uid),

  // Which customers the customer panels show; All also covers customers that appear later.
  customer:
    variable.query.new('customer')
    + variable.query.withDatasourceFromVariable(self.datasource)
    + variable.query.queryTypes.withLabelValues(measures.jobs.started.tenantLabel, measures.jobs.started.name)
    + variable.query.generalOptions.withLabel('Customer')
    + variable.query.generalOptions.withDescription('Panels about the whole service are not filtered by it.')
    + variable.query.selectionOptions.withMulti()
    + variable.query.selectionOptions.withIncludeAll(true, '.+')
    + variable.query.generalOptions.withCurrent('All', '$__all')
    + variable.query.refresh.onTime()
    + variable.query.withSort(type='alphabetical', asc=true, caseInsensitive=true),

  all: [self.datasource, self.customer],
}
