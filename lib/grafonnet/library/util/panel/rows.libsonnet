// Rows, and the places of panels.
{
  local root = self,
  local walk = import 'walk.libsonnet',
  local bottom(panel) = panel.gridPos.y + panel.gridPos.h,

  // Adds what the other functions need: a place for each panel, and in rows also a list of
  // panels and the flag `collapsed`.
  sanitizePanel(panel, defaultX=0, defaultY=0, defaultHeight=8, defaultWidth=8):
    local position(defaults) = { gridPos: defaults + std.get(panel, 'gridPos', {}) };
    if walk.isRow(panel)
    then
      panel + position({ h: 1, w: 24, x: 0, y: defaultY }) + {
        collapsed: std.get(panel, 'collapsed', false),
        panels: [
          root.sanitizePanel(p, defaultX, defaultY, defaultHeight, defaultWidth)
          for p in walk.inner(panel)
        ],
      }
    else panel + position({ h: defaultHeight, w: defaultWidth, x: defaultX, y: defaultY }),

  // From top to bottom, then from left to right.
  sortPanelsByXY(panels):
    std.sort(panels, function(panel) [panel.gridPos.y, panel.gridPos.x]),

  sortPanelsInRow(rowPanel): rowPanel { panels: root.sortPanelsByXY(walk.inner(rowPanel)) },

  // Applies `func` to rows; other panels stay as they are.
  mapToRows(func, panels): [if walk.isRow(panel) then func(panel) else panel for panel in panels],

  getPanelsBeforeNextRow(panels):
    local rows = [i for i in std.range(0, std.length(panels) - 1) if walk.isRow(panels[i])];
    if rows == [] then panels else panels[:rows[0]],

  // Moves the panels after a row into it. Panels before the first row stay.
  groupPanelsInRows(panels):
    local count = std.length(panels);
    local starts = [i for i in std.range(0, count - 1) if walk.isRow(panels[i])];
    local ends = starts[1:] + [count];
    if starts == [] then panels
    else
      panels[:starts[0]] + std.mapWithIndex(
        function(i, start) panels[start] {
          collapsed: std.get(panels[start], 'collapsed', false),
          panels: walk.inner(panels[start]) + panels[start + 1:ends[i]],
        },
        starts
      ),

  // Moves the panels of rows that are not collapsed behind their row, as Grafana wants them.
  resolveCollapsedFlagOnRows(panels):
    std.flatMap(
      function(panel)
        if walk.isRow(panel) && !std.get(panel, 'collapsed', false)
        then [panel { panels: [] }] + walk.inner(panel)
        else [panel],
      panels
    ),

  // The lowest free line for `panel`, below all of `panels` that stand in its columns.
  calculateLowestYforPanel(panel, panels):
    local overlaps(other) =
      other.gridPos.x < panel.gridPos.x + panel.gridPos.w
      && panel.gridPos.x < other.gridPos.x + other.gridPos.w;
    std.foldl(std.max, [bottom(other) for other in panels if overlaps(other)], 0),

  // Moves panels up until they meet another, as Grafana does when it loads a dashboard.
  normalizeY(panels):
    local lift(placed, panel) = placed + [panel { gridPos+: { y: root.calculateLowestYforPanel(panel, placed) } }];
    std.foldl(lift, root.sortPanelsByXY(panels), []),
}
