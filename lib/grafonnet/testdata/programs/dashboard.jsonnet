// The functions of a dashboard itself, its links and its annotations.
local g = import 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0/main.libsonnet';
local dashboard = g.dashboard;
dashboard.new('Title')
+ dashboard.withUid('uid')
+ dashboard.withDescription('Text')
+ dashboard.withEditable(false)
+ dashboard.withFiscalYearStartMonth(3)
+ dashboard.withLiveNow()
+ dashboard.withRefresh('1m')
+ dashboard.withTags('one')
+ dashboard.withTagsMixin(['two'])
+ dashboard.withTimezone()
+ dashboard.withWeekStart('monday')
+ dashboard.graphTooltip.withSharedCrosshair()
+ dashboard.time.withFrom('now-1h')
+ dashboard.timepicker.withRefreshIntervals(['1m', '5m'])
+ dashboard.timepicker.withHidden()
+ dashboard.timepicker.withNowDelay('1m')
+ dashboard.withLinks([
  dashboard.link.dashboards.new('Others', ['one'])
  + dashboard.link.dashboards.options.withAsDropdown()
  + dashboard.link.dashboards.options.withIncludeVars()
  + dashboard.link.dashboards.options.withKeepTime(),
])
+ dashboard.withLinksMixin(
  dashboard.link.link.new('Runbook', 'https://example.com')
  + dashboard.link.link.withIcon('doc')
  + dashboard.link.link.withTooltip('How to')
  + dashboard.link.link.options.withTargetBlank()
)
+ dashboard.withAnnotations(
  dashboard.annotation.withName('Deployments')
  + dashboard.annotation.withEnable()
  + dashboard.annotation.withIconColor('blue')
  + dashboard.annotation.datasource.withType('prometheus')
  + dashboard.annotation.datasource.withUid('$datasource')
  + dashboard.annotation.target.withTags(['deploy'])
  + dashboard.annotation.filter.withIds([1])
)
+ dashboard.withAnnotationsMixin([dashboard.annotation.withName('Alerts') + dashboard.annotation.withHide()])
+ { sharedTooltip: dashboard.graphTooltip.withSharedTooltip(), graphTooltipDefault: dashboard.withGraphTooltip() }
