// Database Metrics: does the database keep up, and does data get in?
local dashboard = import '../../lib/dashboard.libsonnet';
local limits = import '../../lib/limits.libsonnet';
local measures = import '../../lib/measures.libsonnet';
local panels = import '../../lib/panels.libsonnet';
local queries = import '../../lib/queries.libsonnet';
local targets = import '../../lib/targets.libsonnet';
local text = import '../../lib/text.libsonnet';

// Connections as PostgreSQL counts them; needs the exporter.
local activeConnections(env, query) =
  local limit = env.database.connection_limit;
  panels.level(
    'Active Database Connections',
    text.fill(|||
      Connections that PostgreSQL holds, by state, as its exporter counts them; the stack is their sum.

      Red: above 80% of the {limit} that the server admits. Many idle: lower CONN_MAX_AGE or the number of
      workers. Many idle in transaction: find the transaction that does not end in pg_stat_activity.
    |||, { limit: limit }),
    [targets.line(query.level(measures.database.connections, ['state']), '{{state}}')],
    limits.above(0.8 * limit),
    empty="No data: PostgreSQL's exporter is not scraped",
  );

// Connections that Django opens; what can be seen without the exporter.
local newConnections(query) =
  panels.rate(
    'New Database Connections',
    |||
      Connections that Django opens per second, by database. There is no PostgreSQL exporter here, so
      nobody counts those that are open.

      As high as the request rate: connections are not kept; check CONN_MAX_AGE and the pooler. A peak:
      workers restarted, or the database closed its connections.
    |||,
    [targets.line(query.perSecond(measures.database.newConnections, ['alias']), '{{alias}}')],
    'cps',
  );

function(env)
  local query = queries.forDashboards(env);
  dashboard(env, {
    uid: 'upstream-database-metrics',
    title: 'Database Metrics',
    description: 'Queries, connections and errors of the databases, and the ingestion of claim records.',
  }, [
    panels.rate(
      'Database Query Rate',
      |||
        SQL statements per second that Django executes, by database and engine, for all customers.

        It follows the request rate; a rise without more requests is a view that queries in a loop: compare
        with Request Volume by Endpoint. A fall to zero while requests arrive: see Connection Errors.
      |||,
      [targets.line(query.perSecond(measures.database.statements, ['alias', 'vendor']), '{{alias}} ({{vendor}})')],
      'ops',
    ),
    panels.duration(
      'Query Duration p95',
      |||
        95% of the SQL statements are faster than the line, by database. The smallest bucket ends at 5 ms: a
        line near 5 ms means faster than that.

        A rise: look in PostgreSQL for locks and slow statements, and for a deployment (blue mark) that
        changed a query.
      |||,
      [targets.line(query.quantile(0.95, measures.database.statementDuration, ['alias']), '{{alias}}')],
    ),
    (if env.database.exporter then activeConnections(env, query) else newConnections(query)),
    panels.failures(
      'Connection Errors',
      |||
        Failed SQL statements per second by exception class, and failed attempts to connect, by database.

        Should be flat at 0. OperationalError or failed connects: is the database up, are its connections
        used up, did its password change? IntegrityError alone: a bug in the application.
      |||,
      [
        targets.line(
          query.perSecondOrZero(measures.database.statementErrors, ['alias', 'type']),
          'Failed statements {{alias}} {{type}}'
        ),
        targets.line(
          query.perSecondOrZero(measures.database.newConnectionErrors, ['alias']),
          'Failed connects {{alias}}'
        ),
      ],
      'cps',
      'red',
      'No data: Prometheus does not answer',
    ),
    panels.rate(
      'Claim Records Ingested by Status',
      |||
        Claim records per second by status, for the chosen customers.

        Batches arrive in peaks, so judge by the mean. Failed records that grow with the successful ones: a
        feed changed its format, see Data Quality Check Failures on Error Rates. Nothing at all: see Tasks
        Started by Type on Celery Tasks.
      |||,
      [targets.line(query.perSecond(measures.ingestion.records, ['status']), '{{status}}')],
      'cps',
    ),
    panels.duration(
      'Ingestion Processing Time p95',
      |||
        95% of the ingestion batches are processed faster than the line: over the chosen customers together,
        and for each one. The largest bucket ends at 10 s: a line at 10 s means slower than that.

        One customer alone: its files grew. All together: see Query Duration p95.
      |||,
      [
        targets.line(query.quantile(0.95, measures.ingestion.duration), 'Chosen customers together'),
        targets.line(query.quantile(0.95, measures.ingestion.duration, ['customer_id']), '{{customer_id}}'),
      ],
    ),
  ])
