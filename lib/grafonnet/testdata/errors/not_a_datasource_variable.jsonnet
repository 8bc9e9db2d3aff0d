// A query variable cannot stand for a data source.
local g = import 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0/main.libsonnet';
local variable = g.dashboard.variable;
variable.query.new('a') + variable.query.withDatasourceFromVariable(variable.textbox.new('filter'))
