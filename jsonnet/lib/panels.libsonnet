// The shapes of panels, by what they mean. Common parameters: title; description: what the panel shows and
// what to do when it looks bad; targets: see targets.libsonnet; empty: what stands there while there is no series.
local datasource = import 'datasource.libsonnet';
local g = import 'g.libsonnet';

local timeSeries = g.panel.timeSeries;
local table = g.panel.table;
local pieChart = g.panel.pieChart;
local heatmap = g.panel.heatmap;

local withRefIds(targets) = std.mapWithIndex(function(i, target) target { refId: std.char(std.codepoint('A') + i) }, targets);

// What every panel has, whatever its type.
local dress(kind, title, description, targets, empty) =
  kind.new(title)
  + kind.panelOptions.withDescription(std.rstripChars(description, '\n'))
  + kind.queryOptions.withDatasource(datasource.type, datasource.reference)
  + kind.queryOptions.withTargets(withRefIds(targets))
  + kind.standardOptions.withNoValue(empty);

local defaultEmpty = 'No data: nothing of this kind happened yet, or the source is not scraped';

// Lines over time, with a legend that tells the last, mean and highest value of each.
local lines(title, description, targets, unit, empty) =
  local custom = timeSeries.fieldConfig.defaults.custom;
  local options = timeSeries.options;
  dress(timeSeries, title, description, targets, empty)
  + timeSeries.standardOptions.withUnit(unit)
  + timeSeries.standardOptions.color.withMode('palette-classic')
  + custom.withDrawStyle('line')
  + custom.withLineWidth(1)
  + custom.withFillOpacity(10)
  + custom.withShowPoints('auto')
  + custom.withSpanNulls(false)
  + custom.withAxisSoftMin(0)
  + options.legend.withDisplayMode('table')
  + options.legend.withPlacement('bottom')
  + options.legend.withShowLegend(true)
  + options.legend.withCalcs(['lastNotNull', 'mean', 'max'])
  + options.legend.withSortBy('Max')
  + options.legend.withSortDesc(true)
  + options.tooltip.withMode('multi')
  + options.tooltip.withSort('desc');

// A threshold drawn as a line with the bad side filled.
local bounded(steps) =
  timeSeries.standardOptions.thresholds.withMode('absolute')
  + timeSeries.standardOptions.thresholds.withSteps(steps)
  + timeSeries.fieldConfig.defaults.custom.thresholdsStyle.withMode('line+area');

local colored(kind, name, color) =
  local override = kind.standardOptions.override;
  override.byName.new(name)
  + override.byName.withProperty('color', { mode: 'fixed', fixedColor: color });

{
  // How often something happens; unit: reqps, ops or cps (all per second).
  rate(title, description, targets, unit, empty=defaultEmpty):
    lines(title, description, targets, unit, empty),

  // How often something bad happens, in shades of one colour.
  failures(title, description, targets, unit, color, empty):
    lines(title, description, targets, unit, empty)
    + timeSeries.standardOptions.color.withMode('shades')
    + timeSeries.standardOptions.color.withFixedColor(color),

  // How long something takes, in seconds; steps: see limits.libsonnet, null for none.
  duration(title, description, targets, steps=null, empty=defaultEmpty):
    lines(title, description, targets, 's', empty)
    + (if steps == null then {} else bounded(steps)),

  // A percentage, 0 to 100, that should be low; steps: see limits.libsonnet.
  percentage(title, description, targets, steps, empty=defaultEmpty):
    lines(title, description, targets, 'percent', empty)
    + timeSeries.standardOptions.withMin(0)
    + bounded(steps),

  // A percentage, 0 to 100, that should be high; softMin: the axis starts there unless a value is lower.
  success(title, description, targets, steps, softMin, empty=defaultEmpty):
    lines(title, description, targets, 'percent', empty)
    + timeSeries.standardOptions.withMax(100)
    + timeSeries.fieldConfig.defaults.custom.withAxisSoftMin(softMin)
    + timeSeries.options.legend.withCalcs(['lastNotNull', 'mean', 'min'])
    + timeSeries.options.legend.withSortBy('Min')
    + timeSeries.options.legend.withSortDesc(false)
    + bounded(steps),

  // How many there are now, stacked, so that the sum can be read against the limit.
  level(title, description, targets, steps, empty=defaultEmpty):
    lines(title, description, targets, 'short', empty)
    + timeSeries.standardOptions.withDecimals(0)
    + timeSeries.fieldConfig.defaults.custom.withFillOpacity(40)
    + timeSeries.fieldConfig.defaults.custom.stacking.withMode('normal')
    + bounded(steps),

  // Good beside bad: lines named `good` are green and lines named `bad` are red.
  outcome(title, description, targets, unit, good, bad, empty=defaultEmpty):
    lines(title, description, targets, unit, empty)
    + timeSeries.standardOptions.withOverrides([colored(timeSeries, good, 'green'), colored(timeSeries, bad, 'red')]),

  // The highest as of now, one row each; rowLabel: the label that names a row; row, column: headings; unit of the column.
  top(title, description, rows, rowLabel, row, column, unit, steps, empty):
    local override = table.standardOptions.override;
    dress(table, title, description, [rows], empty)
    + table.queryOptions.withTransformations([
      { id: 'organize', options: { excludeByName: { Time: true }, renameByName: { [rowLabel]: row, Value: column } } },
      { id: 'sortBy', options: { sort: [{ field: column, desc: true }] } },
    ])
    + table.standardOptions.color.withMode('thresholds')
    + table.standardOptions.thresholds.withMode('absolute')
    + table.standardOptions.thresholds.withSteps(steps)
    + table.standardOptions.withOverrides([
      override.byName.new(column)
      + override.byName.withProperty('unit', unit)
      + override.byName.withProperty('min', 0)
      + override.byName.withProperty('custom.cellOptions', { type: 'gauge', mode: 'basic', valueDisplayMode: 'text' }),
    ]),

  // Parts of a whole as of now.
  share(title, description, targets, unit, empty):
    local options = pieChart.options;
    dress(pieChart, title, description, targets, empty)
    + pieChart.standardOptions.withUnit(unit)
    + pieChart.standardOptions.color.withMode('palette-classic')
    + options.withPieType('donut')
    + options.withDisplayLabels(['percent'])
    + options.reduceOptions.withValues(false)
    + options.reduceOptions.withCalcs(['lastNotNull'])
    + options.legend.withDisplayMode('table')
    + options.legend.withPlacement('right')
    + options.legend.withShowLegend(true)
    + options.legend.withValues(['percent', 'value'])
    + options.tooltip.withMode('multi'),

  // How many lines lie at which height, over time; for plain series, not for histogram buckets.
  density(title, description, targets, unit, empty):
    local options = heatmap.options;
    dress(heatmap, title, description, targets, empty)
    + options.withCalculate(true)
    + options.withYAxis({ unit: unit, min: 0 })
    + options.withColor({ mode: 'scheme', scheme: 'Reds', steps: 64 })
    + options.withTooltip({ mode: 'single' })
    + options.withLegend({ show: true }),
}
