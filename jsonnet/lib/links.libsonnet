// Links from each dashboard to the others.
local g = import 'g.libsonnet';
local tags = import 'tags.libsonnet';

{
  // A button for every dashboard of the environment; time range and variables come along.
  siblings(env):
    g.dashboard.link.dashboards.new('Upstream dashboards', tags(env))
    + g.dashboard.link.dashboards.options.withAsDropdown(false)
    + g.dashboard.link.dashboards.options.withKeepTime(true)
    + g.dashboard.link.dashboards.options.withIncludeVars(true)
    + g.dashboard.link.dashboards.options.withTargetBlank(false),
}
