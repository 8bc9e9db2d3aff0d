// What all dashboards share: names, time, variables, links, annotation and the grid of two columns.
local annotations = import 'annotations.libsonnet';
local g = import 'g.libsonnet';
local links = import 'links.libsonnet';
local tags = import 'tags.libsonnet';
local variables = import 'variables.libsonnet';

local columnWidth = 12;  // of Grafana's 24
local panelHeight = 9;  // in grid units of 30 pixels: a legend table of five lines fits

// A dashboard of the environment; about: uid, title, description; panels in reading order.
function(env, about, panels)
  g.dashboard.new('%s [%s]' % [about.title, env.name])
  + g.dashboard.withUid(about.uid)
  + g.dashboard.withDescription(about.description)
  + g.dashboard.withTags(tags(env))
  + g.dashboard.withRefresh(env.refresh)
  + g.dashboard.time.withFrom(env.time_from)
  + g.dashboard.time.withTo('now')
  + g.dashboard.graphTooltip.withSharedCrosshair()
  + g.dashboard.withVariables(variables.all)
  + g.dashboard.withLinks([links.siblings(env)])
  + g.dashboard.withAnnotations([annotations.deployments(env)])
  + g.dashboard.withPanels(g.util.grid.makeGrid(panels, columnWidth, panelHeight))
