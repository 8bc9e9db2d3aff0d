// What new and the shared groups of a panel make.
local g = import 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0/main.libsonnet';
local panel = g.panel.timeSeries;
{
  new: {
    [name]: g.panel[name].new('Title')
    for name in std.objectFields(g.panel)
  },
  panelOptions:
    panel.panelOptions.withTitle('Title')
    + panel.panelOptions.withDescription('Text')
    + panel.panelOptions.withTransparent()
    + panel.panelOptions.withLinks([
      panel.panelOptions.link.withTitle('Runbook')
      + panel.panelOptions.link.withUrl('https://example.com')
      + panel.panelOptions.link.withTargetBlank(),
    ])
    + panel.panelOptions.withMaxPerRow(4)
    + panel.panelOptions.withRepeat('job')
    + panel.panelOptions.withRepeatDirection()
    + panel.panelOptions.withType()
    + panel.panelOptions.withPluginVersion(),
  gridPos: [
    panel.panelOptions.withGridPos(),
    panel.panelOptions.withGridPos(8, 12),
    panel.panelOptions.withGridPos(h=8, x=0, y=0) + panel.gridPos.withW(24),
  ],
  queryOptions:
    panel.queryOptions.withDatasource('prometheus', '$datasource')
    + panel.queryOptions.withMaxDataPoints(100)
    + panel.queryOptions.withInterval('1m')
    + panel.queryOptions.withQueryCachingTTL(60000)
    + panel.queryOptions.withTimeFrom('1h')
    + panel.queryOptions.withTimeShift('1d')
    + panel.queryOptions.withHideTimeOverride()
    + panel.queryOptions.withTargets({ refId: 'A' })
    + panel.queryOptions.withTargetsMixin([{ refId: 'B' }])
    + panel.queryOptions.withTransformations([
      panel.queryOptions.transformation.withId('organize')
      + panel.queryOptions.transformation.withOptions({ renameByName: {} }),
    ]),
  standardOptions:
    panel.standardOptions.withUnit('s')
    + panel.standardOptions.withMin(0)
    + panel.standardOptions.withMax(1)
    + panel.standardOptions.withDecimals(2)
    + panel.standardOptions.withDisplayName('Name')
    + panel.standardOptions.withNoValue('-')
    + panel.standardOptions.withFilterable()
    + panel.standardOptions.withPath('path')
    + panel.standardOptions.withLinks({ title: 'Logs' })
    + panel.standardOptions.color.withMode('fixed')
    + panel.standardOptions.color.withFixedColor('red')
    + panel.standardOptions.color.withSeriesBy('last')
    + panel.standardOptions.thresholds.withMode('absolute')
    + panel.standardOptions.thresholds.withSteps([
      panel.standardOptions.threshold.step.withColor('green') + panel.standardOptions.threshold.step.withValue(null),
    ])
    + panel.standardOptions.thresholds.withStepsMixin(
      panel.standardOptions.threshold.step.withColor('red') + panel.standardOptions.threshold.step.withValue(1)
    )
    + panel.standardOptions.withMappings([
      panel.standardOptions.mapping.ValueMap.withType()
      + panel.standardOptions.mapping.ValueMap.withOptions({ '0': { text: 'down' } }),
      panel.standardOptions.mapping.RangeMap.withType()
      + panel.standardOptions.mapping.RangeMap.options.withFrom(1)
      + panel.standardOptions.mapping.RangeMap.options.withTo(2)
      + panel.standardOptions.mapping.RangeMap.options.result.withText('some'),
      panel.standardOptions.mapping.RegexMap.withType()
      + panel.standardOptions.mapping.RegexMap.options.withPattern('x.*'),
      panel.standardOptions.mapping.SpecialValueMap.withType()
      + panel.standardOptions.mapping.SpecialValueMap.options.withMatch('null')
      + panel.standardOptions.mapping.SpecialValueMap.options.result.withColor('gray'),
    ]),
  custom:
    panel.fieldConfig.defaults.custom.withDrawStyle('line')
    + panel.fieldConfig.defaults.custom.stacking.withMode('normal')
    + panel.fieldConfig.defaults.custom.thresholdsStyle.withMode('line')
    + panel.options.tooltip.withMode('multi'),
  root:
    panel.datasource.withUid('uid')
    + panel.datasource.withType('loki')
    + panel.libraryPanel.withUid('uid')
    + panel.libraryPanel.withName('name'),
  olderNames: {
    link: panel.link.withTitle('t') == panel.panelOptions.link.withTitle('t'),
    fieldOverride: panel.fieldOverride.byName.new('n') == panel.standardOptions.override.byName.new('n'),
    thresholdStep: panel.thresholdStep.withValue(1) == panel.standardOptions.threshold.step.withValue(1),
    transformation: panel.transformation.withId('i') == panel.queryOptions.transformation.withId('i'),
    valueMapping: panel.valueMapping.RegexMap.withType() == panel.standardOptions.mapping.RegexMap.withType(),
  },
  alertList:
    g.panel.alertList.new('Alerts')
    + g.panel.alertList.options.UnifiedAlertListOptions.withViewMode('list')
    + g.panel.alertList.options.UnifiedAlertListOptions.stateFilter.withFiring()
    + g.panel.alertList.options.UnifiedAlertListOptions.withAlertInstanceLabelFilter('{job="x"}'),
}
