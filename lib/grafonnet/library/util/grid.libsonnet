// Places panels on Grafana's grid of 24 columns.
{
  local columns = 24,
  local rowUtil = import 'panel/rows.libsonnet',
  local walk = import 'panel/walk.libsonnet',

  // Gives all panels one size, from left to right and from top to bottom. A row starts a new
  // line and takes the panels after it; if it is collapsed, they move into it.
  makeGrid(panels, panelWidth=8, panelHeight=8, startY=0):
    local perLine = std.max(1, std.floor(columns / panelWidth));
    local place(panels, y) = std.mapWithIndex(
      function(i, panel) panel {
        gridPos+: {
          h: panelHeight,
          w: panelWidth,
          x: panelWidth * (i % perLine),
          y: y + panelHeight * std.floor(i / perLine),
        },
      },
      panels
    );
    local heightOf(panels) = panelHeight * std.ceil(std.length(panels) / perLine);

    local groups = rowUtil.groupPanelsInRows(panels);
    local loose = rowUtil.getPanelsBeforeNextRow(groups);
    local rows = groups[std.length(loose):];
    local rowHeight(row) = 1 + if row.collapsed then 0 else heightOf(row.panels);
    local rowYs = walk.runningTotal(std.map(rowHeight, rows), startY + heightOf(loose));
    local placedRows = std.mapWithIndex(
      function(i, row) row {
        gridPos+: { h: 1, w: columns, x: 0, y: rowYs[i] },
        panels: place(row.panels, rowYs[i] + 1),
      },
      rows
    );
    place(loose, startY) + rowUtil.resolveCollapsedFlagOnRows(placedRows),

  // Keeps the sizes that panels have, and starts a new line where a panel does not fit. The new
  // line lies below the last by the height of the panel that starts it.
  wrapPanels(panels, panelWidth=8, panelHeight=8, startY=0):
    local sizes = [
      { h: panelHeight, w: panelWidth } + std.get(panel, 'gridPos', {})
      for panel in panels
    ];
    local next(last, size) =
      if last.x + last.w + size.w > columns
      then { x: 0, y: last.y + size.h, w: size.w }
      else { x: last.x + last.w, y: last.y, w: size.w };
    local places = walk.scan(next, sizes, { x: 0, y: startY, w: 0 });
    std.mapWithIndex(
      function(i, panel) panel {
        gridPos+: { h: sizes[i].h, w: sizes[i].w, x: places[i].x, y: places[i].y },
      },
      panels
    ),
}
