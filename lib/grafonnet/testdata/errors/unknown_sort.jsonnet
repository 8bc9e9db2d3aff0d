// Only two kinds of sorting have names.
local g = import 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0/main.libsonnet';
g.dashboard.variable.query.withSort(type='natural')
