// The metrics that really exist. A name, a type or a label that the catalogue lacks is an error here,
// so that no query can ask for a series that nobody exposes.
local metrics =
  (import '../metrics/celery.json').metrics
  + (import '../metrics/django.json').metrics
  + (import '../metrics/postgres_exporter.json').metrics
  + (import '../metrics/process.json').metrics
  + (import '../metrics/prometheus.json').metrics
  + (import '../metrics/upstream.json').metrics;

// Prometheus itself puts these labels on every series that it scrapes.
local targetLabels = ['instance', 'job'];

local find(name, type) =
  if !std.objectHas(metrics, name) then
    error 'the metric %s is not in the catalogue; correct the name, or describe the metric in jsonnet/metrics/*.json' % name
  else if metrics[name].type != type then
    error 'the metric %s is a %s, not a %s' % [name, metrics[name].type, type]
  else metrics[name] { name: name };

{
  // A counter by name.
  counter(name): find(name, 'counter'),

  // A gauge by name.
  gauge(name): find(name, 'gauge'),

  // A histogram by its base name, without _bucket, _count or _sum.
  histogram(name): find(name, 'histogram'),

  // Whether the metric's series belong to one customer each.
  isPerCustomer(metric): std.objectHas(metric, 'tenantLabel'),

  // The labels given, or an error for a label that the metric's series do not have.
  labelsOf(metric, labels): [
    if std.objectHas(metric.labels, label) || std.member(targetLabels, label) then label
    else error 'the metric %s has no label %s; it has: %s' % [metric.name, label, std.join(', ', std.objectFields(metric.labels))]
    for label in labels
  ],
}
