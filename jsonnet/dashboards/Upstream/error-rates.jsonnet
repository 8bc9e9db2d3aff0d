// Error Rates: what fails, where, and for whom?
local dashboard = import '../../lib/dashboard.libsonnet';
local limits = import '../../lib/limits.libsonnet';
local measures = import '../../lib/measures.libsonnet';
local panels = import '../../lib/panels.libsonnet';
local queries = import '../../lib/queries.libsonnet';
local targets = import '../../lib/targets.libsonnet';
local text = import '../../lib/text.libsonnet';

local clientErrors = { status: '4..' };
local serverErrors = { status: '5..' };
local errors = { status: '[45]..' };

function(env)
  local query = queries.forDashboards(env);
  local errorLimit = env.slo.error_percent;
  dashboard(env, {
    uid: 'upstream-error-rates',
    title: 'Error Rates',
    description: 'HTTP errors of the whole service, and failed data quality checks and alerts of the chosen customers.',
  }, [
    panels.failures(
      '4xx Error Rate by Status',
      |||
        Responses per second with a 4xx status, by status, for all customers. Refusals of the rate limit
        (429) are not in it; see API Rate Limit Hits.

        A rise of 401 or 403: expired credentials or a changed permission. Of 404: a client calls an old
        address; find it in Top 10 Error Endpoints.
      |||,
      [targets.line(query.perSecond(measures.http.responsesByStatus, ['status'], clientErrors), '{{status}}')],
      'reqps',
      'orange',
      'No 4xx response yet',
    ),
    panels.failures(
      '5xx Error Rate by Status',
      |||
        Responses per second with a 5xx status, by status, for all customers.

        Should be flat at 0. Right after a deployment (blue mark): roll it back. Otherwise find the view in
        Top 10 Error Endpoints and read its traceback in the log; 502 to 504 come from what Django calls,
        not from Django.
      |||,
      [targets.line(query.perSecond(measures.http.responsesByStatus, ['status'], serverErrors), '{{status}}')],
      'reqps',
      'red',
      'No 5xx response yet',
    ),
    panels.percentage(
      'Overall Error Percentage',
      text.fill(|||
        Percentage of all responses that are 4xx or 5xx, for all customers.

        Red: above {limit}%; after {pending} an alert fires. First look whether 4xx or 5xx drives it in the two panels
        above, then in Top 10 Error Endpoints. No line: no response at all, so check that the application is
        up.
      |||, { limit: errorLimit, pending: env.alerting.pending_period }),
      [targets.line(query.errorPercentage(), 'Errors')],
      limits.above(errorLimit),
      empty='No responses: is the application up and scraped?',
    ),
    panels.density(
      'Error Rate Heatmap',
      |||
        How many views (colour) have which rate of 4xx and 5xx responses per second (height), over time, for
        all customers.

        A row that lights up everywhere at once: something common broke, such as the database. A single
        faint row that climbs: one view broke; find it in Top 10 Error Endpoints.
      |||,
      [targets.line(query.perSecond(measures.http.responsesByView, ['view'], errors), '{{view}}')],
      'reqps',
      'No error response yet',
    ),
    panels.failures(
      'Data Quality Check Failures',
      |||
        Failed data quality checks per second, by check, for the chosen customers.

        One check alone: a feed changed its format or a payer sends bad values; compare Customer-Specific
        Errors. All checks: an ingestion release broke; compare with the deployments (blue marks).
      |||,
      [targets.line(query.perSecond(measures.ingestion.failedChecks, ['check_type']), '{{check_type}}')],
      'cps',
      'orange',
      'No check failed yet',
    ),
    panels.failures(
      'Alert Failures by Channel',
      |||
        Alerts to customers that could not be delivered per second, by channel, for the chosen customers.

        Should be flat at 0. One channel: its provider is down or our token expired; Alert Failures by Type
        on Celery Tasks tells which. All channels: the worker cannot reach the network.
      |||,
      [targets.line(query.perSecond(measures.alerts.failed, ['channel_type']), '{{channel_type}}')],
      'cps',
      'red',
      'No alert failed yet',
    ),
    panels.top(
      'Top 10 Error Endpoints',
      text.fill(|||
        The ten Django views with the most 4xx and 5xx responses per second over the last {window}, as of the end
        of the time range, for all customers.

        Read the log of the first one; a view that stands here with 404 only is often one misconfigured
        client.
      |||, { window: env.rate_window }),
      targets.rows(query.top(10, query.perSecond(measures.http.responsesByView, ['view'], errors))),
      rowLabel='view',
      row='Endpoint',
      column='Errors',
      unit='reqps',
      steps=limits.cellAlways,
      empty='No errors in the last ' + env.rate_window,
    ),
    panels.failures(
      'Customer-Specific Errors',
      |||
        Failed data quality checks per second by customer, for the chosen customers.

        One line far above the others: choose that customer in the variable above, see which check fails in
        Data Quality Check Failures, and tell its account team before the customer calls.
      |||,
      [targets.line(query.perSecond(measures.ingestion.failedChecks, ['customer_id']), '{{customer_id}}')],
      'cps',
      'orange',
      'No check failed yet',
    ),
  ])
