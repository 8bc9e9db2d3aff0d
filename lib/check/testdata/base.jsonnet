// A tree that keeps every rule. The examples of docs/rules are objects laid over it: they change
// the panel, the query's expr, the dashboard, the alert rule, or whole files.
{
  local base = self,

  // The expression of the panel's one query.
  expr:: 'sum by (method) (rate(django_http_requests_total_by_method_total[5m]))',

  // The panel's one query.
  target:: {
    refId: 'A',
    datasource: { type: 'prometheus', uid: '${ds}' },
    expr: base.expr,
    legendFormat: '{{method}}',
    range: true,
  },

  // The panel that examples change.
  panel:: {
    id: 3,
    type: 'timeseries',
    title: 'Rate',
    description: 'Requests per second. If it falls to zero, look at the load balancer.',
    datasource: { type: 'prometheus', uid: '${ds}' },
    targets: [base.target],
    fieldConfig: { defaults: { unit: 'reqps', noValue: 'No requests' }, overrides: [] },
    gridPos: { x: 0, y: 9, w: 12, h: 8 },
  },

  // The variables of the dashboard.
  variables:: [{ type: 'datasource', name: 'ds', query: 'prometheus' }],

  // The dashboard that holds the panel.
  dashboard:: {
    uid: 'good',
    title: 'Good',
    schemaVersion: 39,
    refresh: '30s',
    templating: { list: base.variables },
    panels: [
      {
        id: 1,
        type: 'row',
        title: 'Row',
        collapsed: true,
        gridPos: { x: 0, y: 0, w: 24, h: 1 },
        panels: [
          {
            id: 2,
            type: 'text',
            title: 'Inner',
            description: 'What this row is about.',
            options: { mode: 'markdown', content: 'From ${ds}; see [the runbook](https://runbooks.example/).' },
            gridPos: { x: 12, y: 1, w: 12, h: 8 },
          },
        ],
      },
      base.panel,
    ],
  },

  // The alert rule, which belongs to the panel.
  rule:: {
    uid: 'r1',
    title: 'Many requests',
    condition: 'B',
    'for': '5m',
    noDataState: 'OK',
    execErrState: 'Error',
    dashboardUid: base.dashboard.uid,
    panelId: base.panel.id,
    labels: { severity: 'warning' },
    annotations: { summary: 'Many requests: {{ $values.A.Value }}' },
    data: [
      { refId: 'A', datasourceUid: 'prom', relativeTimeRange: { from: 600, to: 0 }, model: { refId: 'A', expr: 'sum(rate(django_http_requests_total_by_method_total[5m]))', instant: true } },
      {
        refId: 'B',
        datasourceUid: '__expr__',
        relativeTimeRange: { from: 600, to: 0 },
        model: { refId: 'B', type: 'threshold', expression: 'A', conditions: [{ evaluator: { type: 'gt', params: [100] } }] },
      },
    ],
  },

  // The rules of prometheus/rules/recording.yaml.
  prometheusRules:: [],

  // The main configuration of Prometheus.
  prometheus:: {
    global: { scrape_interval: '15s' },
    rule_files: ['rules/*.yaml'],
    scrape_configs: [{ job_name: 'django', static_configs: [{ targets: ['app:8000'] }] }],
  },

  provider:: { name: 'p', type: 'file', updateIntervalSeconds: 30, options: { path: '/var/lib/grafana/dashboards', foldersFromFilesStructure: true } },
  datasource:: { name: 'Prometheus', type: 'prometheus', uid: 'prom', isDefault: true, url: 'http://prometheus:9090', jsonData: { timeInterval: '15s', httpMethod: 'POST' } },
  contactPoint:: { name: 'Mail', receivers: [{ uid: 'mail', type: 'email', settings: { addresses: 'a@example.com' } }] },
  policy:: { receiver: 'Mail', routes: [{ receiver: 'Elsewhere', mute_time_intervals: ['night'] }] },
  muteTiming:: { name: 'night', time_intervals: [{ times: [{ start_time: '00:00', end_time: '06:00' }] }] },

  // Settings of dashc.yaml's `checks`.
  checks:: {},

  // Settings of the environment's `grafana`.
  grafana:: { version: '11.4.0' },

  // What a running Prometheus holds, metric -> labels; null where none is asked.
  live:: null,

  // The tree: output path -> value.
  files: {
    'grafana/dashboards/Claims/good.json': base.dashboard,
    'grafana/provisioning/dashboards/p.yaml': { apiVersion: 1, providers: [base.provider] },
    'grafana/provisioning/datasources/d.yaml': { apiVersion: 1, datasources: [base.datasource] },
    'grafana/provisioning/alerting/rules.yaml': { apiVersion: 1, groups: [{ name: 'g', folder: 'Claims', interval: '1m', rules: [base.rule] }] },
    'grafana/provisioning/alerting/points.yaml': { apiVersion: 1, contactPoints: [base.contactPoint] },
    'grafana/provisioning/alerting/policies.yaml': { apiVersion: 1, policies: [base.policy] },
    'grafana/provisioning/alerting/mute.yaml': { apiVersion: 1, muteTimes: [base.muteTiming] },
    'prometheus/prometheus.yml': base.prometheus,
    [if base.prometheusRules != [] then 'prometheus/rules/recording.yaml']: { groups: [{ name: 'recorded', rules: base.prometheusRules }] },
  },
  settings: base.checks,
  environment: base.grafana,
  prometheusServer: base.live,
}
