// The queries of panels and alerts: what the reader sees, as PromQL. They read recorded series where the
// environment records them (values.recording_rules), and the scraped ones otherwise: the same numbers, at most
// one scrape interval older.
local catalogue = import 'catalogue.libsonnet';
local duration = import 'duration.libsonnet';
local live = import 'live.libsonnet';
local measures = import 'measures.libsonnet';
local promql = import 'promql.libsonnet';
local recorded = import 'recorded.libsonnet';

local queries(env, customers) = {
  local this = self,
  local window = env.rate_window,
  local now = live(window, customers),
  local record = recorded(window),
  local isRecorded(name) = env.recording_rules && std.objectHas(record.series, name),
  local chosen(name, metric) = promql.selector(name, now.customerMatchers(metric)),

  assert duration.seconds(window) >= 4 * duration.seconds(env.scrape_interval) :
         'values.rate_window (%s) must span at least four scrape intervals (%s), or a missed scrape leaves a gap'
         % [window, env.scrape_interval],

  // Events per second of a counter; one line for each combination of the labels in `by`; where: label -> regular expression.
  perSecond(counter, by=[], where={})::
    local name = record.rateName(counter, by);
    if where == {} && isRecorded(name) then promql.sum(chosen(name, counter), by)
    else now.perSecond(counter, by, where),

  // The same, and a line at 0 as long as the counter has no series: those appear with the first event only.
  perSecondOrZero(counter, by=[], where={})::
    promql.orZero(this.perSecond(counter, by, where), by),

  // Quantile (0 to 1) of a histogram in its own unit; one line for each combination of the labels in `by`.
  quantile(quantile, histogram, by=[])::
    local ready = record.quantileName(quantile, histogram, by);
    local buckets = record.bucketName(histogram, by);
    if !catalogue.isPerCustomer(histogram) then
      if isRecorded(ready) then ready else now.quantile(quantile, histogram, by)
    else if isRecorded(buckets) then
      promql.quantile(quantile, promql.sum(chosen(buckets, histogram), by + ['le']))
    else now.quantile(quantile, histogram, by),

  // Present value of a gauge, summed; one line for each combination of the labels in `by`.
  level(gauge, by=[]):: now.level(gauge, by),

  // A query's lines without those at zero, which a table or a pie would list for nothing.
  aboveZero(query):: promql.aboveZero(query),

  // The n highest of a query's lines, without those at zero.
  top(n, query):: promql.top(n, promql.aboveZero(query)),

  // Percentage (0 to 100) of the responses that are 4xx or 5xx.
  errorPercentage()::
    '100 * ' + (if isRecorded(record.errorRatioName) then record.errorRatioName else now.errorRatio()),

  // Percentage (0 to 100) of the started jobs that completed, by job type; 0 for a type that never completed.
  // A type that started nothing in the window has no value: nothing is not 100% and not 0%.
  taskSuccessPercentage()::
    local started = this.perSecond(measures.jobs.started, ['job_type']);
    local completed = this.perSecond(measures.jobs.completed, ['job_type']);
    '100 * (' + completed + ' or 0 * ' + started + ') / (' + started + ' > 0)',
};

{
  // Queries that follow the dashboard's customer variable.
  forDashboards(env): queries(env, '$customer'),

  // Queries over all customers: an alert rule knows no variables.
  forAlerts(env): queries(env, null),
}
