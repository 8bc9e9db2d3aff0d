// The words of PromQL that the queries are made of: text in, text out.
{
  // Series of a metric; matchers is a list of equals() and matches().
  selector(name, matchers=[]):
    name + (if matchers == [] then '' else '{' + std.join(', ', matchers) + '}'),

  // Matcher: the label is exactly this value.
  equals(label, value): label + '=' + std.escapeStringJson(value),

  // Matcher: the label's whole value matches this regular expression.
  matches(label, regex): label + '=~' + std.escapeStringJson(regex),

  // Increase per second of a counter, averaged over the window (a duration such as 5m).
  rate(selector, window): 'rate(' + selector + '[' + window + '])',

  // Sum of the series, one for each combination of the labels in `by`.
  sum(expr, by=[]):
    'sum' + (if by == [] then '' else ' by (' + std.join(', ', by) + ') ') + '(' + expr + ')',

  // Quantile (0 to 1) of bucket rates that still carry `le`.
  quantile(quantile, buckets): 'histogram_quantile(' + '%g' % quantile + ', ' + buckets + ')',

  // The n series with the highest values.
  top(n, expr): 'topk(' + n + ', ' + expr + ')',

  // The series that are above zero now.
  aboveZero(expr): expr + ' > 0',

  // A sum by these labels, or 0 while it has no series at all. `on ()` compares no labels: beside
  // `sum by (x)` a plain `or vector(0)` would add a nameless line at 0 to the lines that exist.
  orZero(expr, by): expr + (if by == [] then ' or vector(0)' else ' or on () vector(0)'),
}
