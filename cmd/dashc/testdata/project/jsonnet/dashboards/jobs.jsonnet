local d = import '../lib/d.libsonnet';

function(env) d.new('Jobs', 'jobs') {
  panels: [d.panel(1, 'Started', 'sum(rate(jobs_total[5m]))')],
}
