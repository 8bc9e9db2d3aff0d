// API Performance: is the API fast, how much is asked of it, and by whom?
local dashboard = import '../../lib/dashboard.libsonnet';
local limits = import '../../lib/limits.libsonnet';
local measures = import '../../lib/measures.libsonnet';
local panels = import '../../lib/panels.libsonnet';
local queries = import '../../lib/queries.libsonnet';
local targets = import '../../lib/targets.libsonnet';
local text = import '../../lib/text.libsonnet';

function(env)
  local query = queries.forDashboards(env);
  local slo = env.slo;
  dashboard(env, {
    uid: 'upstream-api-performance',
    title: 'API Performance',
    description: 'Traffic and latency of the API, its slowest endpoints, and which customers call it.',
  }, [
    panels.rate(
      'HTTP Request Rate by Method',
      |||
        Requests per second that reach Django, by HTTP method, for all customers.

        A sudden fall: check that the application is up and that the load balancer still sends traffic. A
        sudden rise: look for one customer in Customer-Specific API Calls.
      |||,
      [targets.line(query.perSecond(measures.http.requestsByMethod, ['method']), '{{method}}')],
      'reqps',
    ),
    panels.duration(
      'Request Latency (p50/p95/p99)',
      text.fill(|||
        Time that Django views take, for all customers: half, 95% and 99% of the requests are faster than
        the line.

        Red: p95 above {limit}s, the objective. Find the view in Top 10 Slowest Endpoints, then compare with
        Query Duration p95 on Database Metrics; if only p99 rises, few requests are hit.
      |||, { limit: slo.latency_p95_seconds }),
      [
        targets.line(query.quantile(0.50, measures.http.latency), 'p50'),
        targets.line(query.quantile(0.95, measures.http.latency), 'p95'),
        targets.line(query.quantile(0.99, measures.http.latency), 'p99'),
      ],
      limits.above(slo.latency_p95_seconds),
    ),
    panels.top(
      'Top 10 Slowest Endpoints',
      text.fill(|||
        The ten Django views with the highest p95 over the last {window}, as of the end of the time range.

        Red: above {limit}s. Start with views that are both slow here and busy in Request Volume by Endpoint; a
        slow report that nobody waits for can wait.
      |||, { window: env.rate_window, limit: slo.latency_p95_seconds }),
      targets.rows(query.top(10, query.quantile(0.95, measures.http.latency, ['view']))),
      rowLabel='view',
      row='Endpoint',
      column='p95',
      unit='s',
      steps=limits.cellAbove(slo.latency_p95_seconds),
      empty='No request in the last ' + env.rate_window,
    ),
    panels.rate(
      'Request Volume by Endpoint',
      |||
        Requests per second by Django view, for all customers. The view prometheus-django-metrics is
        Prometheus itself.

        One view that rises alone: a client loops or a customer imports; see Customer-Specific API Calls.
        All fall together: see HTTP Request Rate by Method.
      |||,
      [targets.line(query.perSecond(measures.http.requestsByView, ['view']), '{{view}}')],
      'reqps',
    ),
    panels.failures(
      'API Rate Limit Hits',
      |||
        Requests per second that the rate limit refused (status 429), by endpoint, for the chosen customers.
        Django counts them before its views run, so they are in no other panel of errors.

        A lasting rise: find the customer with the variable above, and slow the client down or raise the
        limit.
      |||,
      [targets.line(query.perSecond(measures.api.rateLimitHits, ['endpoint']), '{{endpoint}}')],
      'reqps',
      'orange',
      'No request was refused yet',
    ),
    panels.rate(
      'Customer-Specific API Calls',
      |||
        API calls per second by customer, for the chosen customers, refused calls included.

        One line far above the others is the noisy customer: choose it in the variable above, look at its
        rate limit hits, and talk to it before raising a limit.
      |||,
      [targets.line(query.perSecond(measures.api.calls, ['customer_id']), '{{customer_id}}')],
      'reqps',
    ),
  ])
