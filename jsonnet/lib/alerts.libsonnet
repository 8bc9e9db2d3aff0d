// Grafana-managed alert rules. Each belongs to a panel, so that a notification leads to its picture.
local datasource = import 'datasource.libsonnet';

// Id of the dashboard's panel of that title.
local panelId(dashboard, title) =
  local ids = [panel.id for panel in dashboard.panels if panel.title == title];
  if std.length(ids) == 1 then ids[0]
  else
    error 'the dashboard %s has %d panels with the title %s; an alert rule needs exactly one'
          % [dashboard.uid, std.length(ids), std.escapeStringJson(title)];

local lookBack = 600;  // seconds; an instant query reads the end of it

local query(expr) = {
  refId: 'A',
  datasourceUid: datasource.uid,
  relativeTimeRange: { from: lookBack, to: 0 },
  model: {
    refId: 'A',
    datasource: { type: datasource.type, uid: datasource.uid },
    expr: expr,
    instant: true,
    range: false,
    intervalMs: 1000,
    maxDataPoints: 43200,
  },
};

local threshold(evaluator) = {
  refId: 'B',
  datasourceUid: '__expr__',
  relativeTimeRange: { from: lookBack, to: 0 },
  model: {
    refId: 'B',
    datasource: { type: '__expr__', uid: '__expr__' },
    type: 'threshold',
    expression: 'A',
    conditions: [{ evaluator: evaluator }],
    intervalMs: 1000,
    maxDataPoints: 43200,
  },
};

{
  // Condition: the query's value is above this one.
  above(value): { type: 'gt', params: [value] },

  // Condition: the query's value is below this one.
  below(value): { type: 'lt', params: [value] },

  // What a rule does when its query has no value: report it, for what always has one.
  absenceIsTrouble: 'NoData',

  // What a rule does when its query has no value: nothing, for what may well not happen for a while.
  absenceIsNormal: 'OK',

  // An alert rule; about: uid, title, dashboard and panel (title), expr, condition, severity (critical or
  // warning), absence, summary and description (templates of Grafana: {{ $labels.x }}, {{ $values.A.Value }}).
  rule(env, about): {
    uid: about.uid,
    title: about.title,
    dashboardUid: about.dashboard.uid,
    panelId: panelId(about.dashboard, about.panel),
    condition: 'B',
    data: [query(about.expr), threshold(about.condition)],
    'for': env.alerting.pending_period,
    noDataState: about.absence,
    execErrState: 'Error',
    isPaused: false,
    labels: { service: 'upstream', environment: env.name, severity: about.severity },
    annotations: {
      summary: about.summary,
      description: std.rstripChars(about.description, '\n'),
      runbook_url: env.alerting.runbooks + about.uid,
    },
  },
}
