// The dashboard: its own functions, and the namespaces of its annotations, links and variables.
{
  local list(value) = if std.isArray(value) then value else [value],
  local number(panels, setPanelIDs) =
    if setPanelIDs then (import 'util/panel/ids.libsonnet').setPanelIDs(panels) else panels,

  // A dashboard of the last six hours, in UTC.
  new(title):
    self.withTitle(title)
    + self.withSchemaVersion()
    + self.withTimezone('utc')
    + self.time.withFrom('now-6h')
    + self.time.withTo('now'),

  // Panels as they were given stay in the hidden `_panels`, so that a mixin numbers all of them anew.
  withPanels(panels, setPanelIDs=true): {
    _panels:: list(panels),
    panels: number(self._panels, setPanelIDs),
  },
  withPanelsMixin(panels, setPanelIDs=true): {
    local before =
      if '_panels' in super then super._panels
      else if 'panels' in super then super.panels
      else [],
    _panels:: before + list(panels),
    panels: number(self._panels, setPanelIDs),
  },

  withAnnotations(value): { annotations+: { list: list(value) } },
  withAnnotationsMixin(value): { annotations+: { list+: list(value) } },
  withVariables(value): { templating+: { list: list(value) } },
  withVariablesMixin(value): { templating+: { list+: list(value) } },

  // What a cursor on one panel shows on the others.
  graphTooltip: {
    withSharedCrosshair(): { graphTooltip: 1 },
    withSharedTooltip(): { graphTooltip: 2 },
  },
}
