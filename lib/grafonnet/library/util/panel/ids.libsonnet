// Ids of panels.
{
  local root = self,
  local walk = import 'walk.libsonnet',

  // Numbers all panels from 1, the panels in a row after the row. With overrideExistingIDs=false,
  // a panel keeps the id it has, and the others get numbers that are free.
  setPanelIDs(panels, overrideExistingIDs=true):
    local taken = if overrideExistingIDs then [] else std.set(root.getPanelIDs(panels));
    local keeps(panel) = !overrideExistingIDs && std.objectHas(panel, 'id');
    local all = walk.flat(panels);
    local free =
      if taken == [] then std.range(1, std.length(all))
      else std.setDiff(std.range(1, std.length(all) + std.length(taken)), taken);
    local used = walk.runningTotal([if keeps(panel) then 0 else 1 for panel in all], 0);
    local first = walk.runningTotal([1 + std.length(walk.inner(panel)) for panel in panels], 0);
    local numbered(panel, i) = if keeps(panel) then panel else panel { id: free[used[i]] };
    std.mapWithIndex(
      function(i, panel)
        numbered(panel, first[i])
        + (
          if walk.inner(panel) == [] then {}
          else { panels: std.mapWithIndex(function(j, p) numbered(p, first[i] + 1 + j), walk.inner(panel)) }
        ),
      panels
    ),

  // All ids, with those of panels in rows.
  getPanelIDs(panels):
    std.flatMap(
      function(panel) (if 'id' in panel then [panel.id] else []) + root.getPanelIDs(walk.inner(panel)),
      panels
    ),

  // True if no two panels have the same id.
  validatePanelIDs(panels):
    local ids = root.getPanelIDs(panels);
    std.length(std.set(ids)) == std.length(ids),
}
