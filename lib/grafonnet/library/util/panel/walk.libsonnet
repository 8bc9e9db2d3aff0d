// Ways through lists of panels, for the other files.
{
  local root = self,

  isRow(panel): std.get(panel, 'type') == 'row',

  // The panels in a row; none in any other panel.
  inner(panel): if root.isRow(panel) then std.get(panel, 'panels', []) else [],

  // The panels, each row followed by the panels in it.
  flat(panels): std.flatMap(function(panel) [panel] + root.inner(panel), panels),

  // The states after each item, from `first` on. Each state is forced before the next, so that
  // a long list needs no deep stack.
  scan(next, items, first):
    local states = std.makeArray(
      std.length(items),
      function(i) next(if i == 0 then first else states[i - 1], items[i])
    );
    local forced = std.foldl(function(ok, state) ok && std.toString(state) != '', states, true);
    if forced then states else [],

  // Where each item starts, if `sizes` are laid one after the other from `start`.
  runningTotal(sizes, start):
    local ends = root.scan(function(total, size) total + size, sizes, start);
    std.mapWithIndex(function(i, end) end - sizes[i], ends),
}
