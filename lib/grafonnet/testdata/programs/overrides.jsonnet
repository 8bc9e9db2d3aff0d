// Field overrides: matchers, single properties, and properties taken from option functions.
local g = import 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0/main.libsonnet';
local panel = g.panel.timeSeries;
local override = panel.standardOptions.override;
panel.new('Overrides')
+ panel.standardOptions.withOverrides(
  override.byName.new('errors')
  + override.byName.withProperty('unit', 'short')
  + override.byName.withProperty('color', { mode: 'fixed', fixedColor: 'red' })
)
+ panel.standardOptions.withOverridesMixin([
  override.byRegexp.new('/p9.*/')
  + override.byRegexp.withPropertiesFromOptions(
    panel.standardOptions.withUnit('s')
    + panel.standardOptions.color.withMode('thresholds')
    + panel.fieldConfig.defaults.custom.withLineWidth(3)
    + panel.fieldConfig.defaults.custom.lineStyle.withFill('dash')
  )
  + override.byRegexp.withProperty('displayName', 'Quantile'),
  override.byType.new('number') + override.byType.withProperty('decimals', 1),
  override.byQuery.new('B') + override.byQuery.withProperty('custom.axisPlacement', 'right'),
  override.byValue.new({ reducer: 'max', op: 'gte', value: 1 }),
])
