local d = import '../../lib/d.libsonnet';

function(env) d.new('API', 'api') {
  refresh: env.refresh,
  tags: [env.name],
  panels: [d.panel(1, 'Requests', 'sum(rate(requests_total[5m]))')],
}
