// The alert rules of the objectives (values.slo), each linked to the panel that shows it.
local apiPerformance = import '../../dashboards/Upstream/api-performance.jsonnet';
local celeryTasks = import '../../dashboards/Upstream/celery-tasks.jsonnet';
local errorRates = import '../../dashboards/Upstream/error-rates.jsonnet';
local alerts = import '../../lib/alerts.libsonnet';
local measures = import '../../lib/measures.libsonnet';
local queries = import '../../lib/queries.libsonnet';
local text = import '../../lib/text.libsonnet';

function(env)
  local query = queries.forAlerts(env);
  local slo = env.slo;
  local rules = [
    {
      uid: 'upstream-error-percentage',
      title: 'Too many error responses',
      dashboard: errorRates(env),
      panel: 'Overall Error Percentage',
      expr: query.errorPercentage(),
      condition: alerts.above(slo.error_percent),
      severity: 'critical',
      // Prometheus' own scrapes are responses too: without any, the application is down or not scraped.
      absence: alerts.absenceIsTrouble,
      summary: 'More than %g%% of the responses are errors, or there are none at all' % slo.error_percent,
      description: text.fill(|||
        More than {limit}% of the responses have been 4xx or 5xx for {pending}, or Prometheus has no responses to count.
        The dashboard Error Rates tells which status and which endpoint.
      |||, { limit: slo.error_percent, pending: env.alerting.pending_period }),
    },
    {
      uid: 'upstream-task-success',
      title: 'Too few background jobs succeed',
      dashboard: celeryTasks(env),
      panel: 'Task Success Rate',
      expr: query.taskSuccessPercentage(),
      condition: alerts.below(slo.task_success_percent),
      severity: 'warning',
      absence: alerts.absenceIsNormal,
      summary: '{{ printf "%.1f" $values.A.Value }}% of the {{ $labels.job_type }} jobs complete',
      description: text.fill(|||
        Fewer than {target}% of the started {{ $labels.job_type }} jobs have completed for {pending}.
        The dashboard Celery Tasks tells which errors they end with.
      |||, { target: slo.task_success_percent, pending: env.alerting.pending_period }),
    },
    {
      uid: 'upstream-latency-p95',
      title: 'The API is slow',
      dashboard: apiPerformance(env),
      panel: 'Request Latency (p50/p95/p99)',
      expr: query.quantile(0.95, measures.http.latency),
      condition: alerts.above(slo.latency_p95_seconds),
      severity: 'warning',
      absence: alerts.absenceIsTrouble,
      summary: 'p95 of the request latency is above %g s, or nothing measures it' % slo.latency_p95_seconds,
      description: text.fill(|||
        The slowest 5% of the requests have taken more than {limit} s for {pending}, or Prometheus has no latency to count.
        The dashboard API Performance tells which endpoints are slow.
      |||, { limit: slo.latency_p95_seconds, pending: env.alerting.pending_period }),
    },
  ];
  {
    apiVersion: 1,
    groups: [{
      orgId: 1,
      name: 'upstream-objectives',
      folder: 'Upstream alerts',
      interval: '1m',
      rules: [alerts.rule(env, rule) for rule in rules],
    }],
  }
