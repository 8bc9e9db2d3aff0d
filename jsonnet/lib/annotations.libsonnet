// Vertical marks on every panel.
local datasource = import 'datasource.libsonnet';
local g = import 'g.libsonnet';
local measures = import 'measures.libsonnet';
local promql = import 'promql.libsonnet';

local annotation = g.dashboard.annotation;

local mark(name, color) =
  annotation.withName(name)
  + annotation.withEnable(true)
  + annotation.withHide(false)
  + annotation.withIconColor(color);

// The newest start of a Django process. Multi-process Django does not expose it (docs/metrics.md).
local processStart =
  local startTime = promql.selector(measures.process.startTime.name, [promql.equals('job', 'django')]);
  {
    datasource: { type: datasource.type, uid: datasource.reference },
    target: { expr: '1000 * max(%s)' % startTime, refId: 'Deployments' },
    titleFormat: 'Deployment',
    textFormat: 'A new Django process has started.',
    useValueForTime: true,
  };

// The annotations that the delivery pipeline writes to Grafana.
local grafanaTags(env) = {
  datasource: { type: 'grafana', uid: '-- Grafana --' },
  target: { type: 'tags', tags: ['deployment', 'upstream', env.name], matchAny: false, limit: 100 },
};

{
  // When a new version went live, as values.deployments.source tells: process-start or grafana-tags.
  deployments(env):
    mark('Deployments', 'blue') + {
      'process-start': processStart,
      'grafana-tags': grafanaTags(env),
    }[env.deployments.source],
}
