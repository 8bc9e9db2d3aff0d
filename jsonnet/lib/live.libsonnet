// Expressions over the series as they are scraped. Parameters: the window of every rate (a duration),
// and the regular expression that chooses customers, or null for all of them.
local catalogue = import 'catalogue.libsonnet';
local measures = import 'measures.libsonnet';
local promql = import 'promql.libsonnet';

function(window, customers=null) {
  local live = self,

  // Matchers that keep the chosen customers; none for a metric that is not counted per customer.
  customerMatchers(metric)::
    if customers != null && catalogue.isPerCustomer(metric) then [promql.matches(metric.tenantLabel, customers)] else [],

  // Matchers of the chosen customers, and of `where`: label -> regular expression.
  local matchers(metric, where) =
    [promql.matches(label, where[label]) for label in catalogue.labelsOf(metric, std.objectFields(where))]
    + live.customerMatchers(metric),

  // Events per second of a counter.
  perSecond(counter, by=[], where={})::
    local events = promql.selector(counter.name, matchers(counter, where));
    promql.sum(promql.rate(events, window), catalogue.labelsOf(counter, by)),

  // Observations per second in each bucket of a histogram.
  bucketsPerSecond(histogram, by=[])::
    local buckets = promql.selector(histogram.name + '_bucket', matchers(histogram, {}));
    promql.sum(promql.rate(buckets, window), catalogue.labelsOf(histogram, by) + ['le']),

  // Quantile (0 to 1) of a histogram, in the histogram's unit.
  quantile(quantile, histogram, by=[])::
    promql.quantile(quantile, live.bucketsPerSecond(histogram, by)),

  // Present value of a gauge, summed.
  level(gauge, by=[])::
    promql.sum(promql.selector(gauge.name, matchers(gauge, {})), catalogue.labelsOf(gauge, by)),

  // Share (0 to 1) of the responses that are 4xx or 5xx. No error at all is 0; no response at all is no value.
  errorRatio()::
    local errors = live.perSecond(measures.http.responsesByStatus, [], { status: '[45]..' });
    local all = live.perSecond(measures.http.responsesByStatus);
    '(' + errors + ' or vector(0)) / (' + all + ' > 0)',
}
