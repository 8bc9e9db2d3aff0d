// The series that Prometheus computes ahead, named level:metric:operation as its documentation asks.
// A series that is counted per customer keeps that label, so that panels can still choose customers;
// therefore its buckets are recorded and not its percentiles, which cannot be added up over customers.
local catalogue = import 'catalogue.libsonnet';
local live = import 'live.libsonnet';
local measures = import 'measures.libsonnet';

// The labels that a recorded series keeps, in order.
local level(metric, by) = std.set((if catalogue.isPerCustomer(metric) then [metric.tenantLabel] else []) + by);

local levelName(labels) = if labels == [] then 'service' else std.join('_', labels);

local withoutTotal(name) = if std.endsWith(name, '_total') then name[:std.length(name) - std.length('_total')] else name;

function(window) {
  // Name of the recorded events per second of a counter.
  rateName(counter, by):
    levelName(level(counter, by)) + ':' + withoutTotal(counter.name) + ':rate' + window,

  // Name of the recorded bucket rates of a histogram.
  bucketName(histogram, by):
    levelName(level(histogram, by)) + ':' + histogram.name + '_bucket:rate' + window,

  // Name of the recorded quantile (0 to 1) of a histogram.
  quantileName(quantile, histogram, by):
    levelName(level(histogram, by)) + ':' + histogram.name + ':p' + quantile * 100 + '_rate' + window,

  // Name of the recorded share of error responses, 0 to 1.
  errorRatioName: 'service:django_http_error_responses_per_responses:ratio_rate' + window,

  local names = self,
  local now = live(window),

  local rate(counter, by) = { [names.rateName(counter, by)]: now.perSecond(counter, level(counter, by)) },
  local buckets(histogram, by) = { [names.bucketName(histogram, by)]: now.bucketsPerSecond(histogram, level(histogram, by)) },
  local quantile(q, histogram, by) = { [names.quantileName(q, histogram, by)]: now.quantile(q, histogram, by) },

  // Name -> expression of every recorded series.
  series:
    quantile(0.5, measures.http.latency, [])
    + quantile(0.95, measures.http.latency, [])
    + quantile(0.99, measures.http.latency, [])
    + quantile(0.95, measures.http.latency, ['view'])
    + quantile(0.95, measures.database.statementDuration, ['alias'])
    + buckets(measures.ingestion.duration, [])
    + buckets(measures.jobs.duration, ['job_type'])
    + buckets(measures.reports.duration, ['report_type'])
    + rate(measures.jobs.started, ['job_type'])
    + rate(measures.jobs.completed, ['job_type'])
    + { [names.errorRatioName]: now.errorRatio() },
}
