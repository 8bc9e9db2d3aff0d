// Celery Tasks: do the background jobs run, succeed and stay fast?
local dashboard = import '../../lib/dashboard.libsonnet';
local limits = import '../../lib/limits.libsonnet';
local measures = import '../../lib/measures.libsonnet';
local panels = import '../../lib/panels.libsonnet';
local queries = import '../../lib/queries.libsonnet';
local targets = import '../../lib/targets.libsonnet';
local text = import '../../lib/text.libsonnet';

function(env)
  local query = queries.forDashboards(env);
  local successTarget = env.slo.task_success_percent;
  dashboard(env, {
    uid: 'upstream-celery-tasks',
    title: 'Celery Tasks',
    description: 'Background jobs, the reports that they generate and the alerts that they deliver, for the chosen customers.',
  }, [
    panels.rate(
      'Tasks Started by Type',
      |||
        Background jobs that workers start per second, by type, for the chosen customers.

        A type that falls to zero: is its worker up, is the broker reachable, does its queue grow? A rise:
        someone triggered a bulk import, or jobs are retried; see Tasks Completed vs Failed.
      |||,
      [targets.line(query.perSecond(measures.jobs.started, ['job_type']), '{{job_type}}')],
      'ops',
    ),
    panels.outcome(
      'Tasks Completed vs Failed',
      |||
        Background jobs per second that completed (green) and that failed (red), for the chosen customers.

        Red that grows: Error Types Distribution tells why, Task Success Rate tells which type. Both at
        zero: workers have stopped; see Tasks Started by Type.
      |||,
      [
        targets.line(query.perSecond(measures.jobs.completed), 'Completed'),
        targets.line(query.perSecondOrZero(measures.jobs.failed), 'Failed'),
      ],
      'ops',
      good='Completed',
      bad='Failed',
    ),
    panels.duration(
      'Task Duration p95 by Type',
      |||
        95% of the background jobs are faster than the line, by type, failed ones included, for the chosen
        customers. The largest bucket ends at 10 s: a line at 10 s means slower than that.

        A type that gets slower will soon queue: add workers, or find the customer with the variable above.
      |||,
      [targets.line(query.quantile(0.95, measures.jobs.duration, ['job_type']), '{{job_type}}')],
    ),
    panels.share(
      'Error Types Distribution',
      text.fill(|||
        The failed background jobs of the last {window} by exception class, for the chosen customers, as of the
        end of the time range.

        One class that dominates names the cause: a timeout is somebody else's service, a KeyError is our
        own code or a changed feed.
      |||, { window: env.rate_window }),
      [targets.now(query.aboveZero(query.perSecond(measures.jobs.failed, ['error_type'])), '{{error_type}}')],
      'ops',
      'No job failed in the last ' + env.rate_window,
    ),
    panels.rate(
      'Alert Delivery Rates by Channel',
      |||
        Alerts to customers that were delivered per second, by channel, for the chosen customers.

        A channel that falls to zero while others go on: see Alert Failures by Type, then the status page of
        that channel's provider.
      |||,
      [targets.line(query.perSecond(measures.alerts.delivered, ['channel_type']), '{{channel_type}}')],
      'cps',
    ),
    panels.duration(
      'Report Generation Time p95',
      |||
        95% of the reports are generated faster than the line, by kind, for the chosen customers. The
        largest bucket ends at 10 s: a line at 10 s means slower than that.

        A rise: check Query Duration p95 on Database Metrics; a single customer: its data grew.
      |||,
      [targets.line(query.quantile(0.95, measures.reports.duration, ['report_type']), '{{report_type}}')],
    ),
    panels.success(
      'Task Success Rate',
      text.fill(|||
        Percentage of the started background jobs that completed, by type, for the chosen customers; a gap
        where none started, 0% where none ever completed.

        Red: below {target}%. Jobs that are still running count as not completed, so long jobs dip before they
        recover. If it stays: Error Types Distribution, then the worker's log.
      |||, { target: successTarget }),
      [targets.line(query.taskSuccessPercentage(), '{{job_type}}')],
      limits.below(successTarget),
      softMin=80,
      empty='No job started in the time range',
    ),
    panels.failures(
      'Alert Failures by Type',
      |||
        Alerts to customers that could not be delivered per second, by error, for the chosen customers.

        Should be flat at 0. Timeout: the channel's provider is slow or down. Anything about credentials: a
        token expired. The customers miss these alerts: deliver them again when it is over.
      |||,
      [targets.line(query.perSecondOrZero(measures.alerts.failed, ['error_type']), 'Failures {{error_type}}')],
      'cps',
      'red',
      'No data: Prometheus does not answer',
    ),
  ])
