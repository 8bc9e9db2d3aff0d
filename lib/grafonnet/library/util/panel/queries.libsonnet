// Queries of panels: their reference ids, and queries that several panels share.
{
  local root = self,
  local walk = import 'walk.libsonnet',
  local ids = import 'ids.libsonnet',

  // A for the first query of a panel, Z for the 26th, then AA.
  setRefIDs(panel, overrideExistingIDs=true):
    local letter(i) = std.char(std.codepoint('A') + i % 26);
    local name(i) = (if i < 26 then '' else name(std.floor(i / 26) - 1)) + letter(i);
    local refID(i, target) =
      if overrideExistingIDs || !std.objectHas(target, 'refId') then { refId: name(i) } else {};
    if 'targets' in panel
    then panel { targets: std.mapWithIndex(function(i, target) target + refID(i, target), panel.targets) }
    else panel,

  // setRefIDs for all panels, those in rows too.
  setRefIDsOnPanels(panels, overrideExistingIDs=true):
    local inRow(row) =
      if 'panels' in row
      then row { panels: root.setRefIDsOnPanels(row.panels, overrideExistingIDs) }
      else row;
    [
      if walk.isRow(panel) then inRow(panel) else root.setRefIDs(panel, overrideExistingIDs)
      for panel in panels
    ],

  // A panel whose queries all stand in one earlier panel too, with the same refId, shows that
  // panel's results instead of asking again. Panels without ids are numbered first.
  dedupeQueryTargets(panels):
    local targetsOf(panel) = std.get(panel, 'targets', []);
    local keyOf(target) = std.manifestJsonMinified(target);
    local hasID(panel) = 'id' in panel;
    local identified = if std.all(std.map(hasID, walk.flat(panels))) then panels else ids.setPanelIDs(panels);
    local all = walk.flat(identified);

    // Where each query stands first: its key, to the index of a panel in `all`.
    local queries = [
      { key: keyOf(target), index: i }
      for i in std.range(0, std.length(all) - 1)
      for target in targetsOf(all[i])
    ];
    local ordered = std.sort(queries, function(query) [query.key, query.index]);
    local owners = {
      [query.key]: query.index
      for query in std.uniq(ordered, function(query) query.key)
    };

    local ownerOf(panel) =
      local found = std.set([owners[keyOf(target)] for target in targetsOf(panel)]);
      if std.length(found) == 1 && all[found[0]].id != panel.id then all[found[0]] else null;
    local share(panel, owner) =
      local shared = { type: 'datasource', uid: '-- Dashboard --' };
      local wanted = [std.get(target, 'refId', '') for target in targetsOf(panel)];
      panel {
        datasource: shared,
        targets: [{ datasource: shared, panelId: owner.id, refId: 'A' }],
        [if std.length(wanted) < std.length(targetsOf(owner)) then 'transformations']:
          [{ id: 'filterByRefId', options: { include: std.join('|', wanted) } }]
          + std.get(panel, 'transformations', []),
      };
    local dedupe(panel) =
      local owner = ownerOf(panel);
      if walk.inner(panel) != [] then panel { panels: std.map(dedupe, panel.panels) }
      else if owner == null then panel
      else share(panel, owner);
    std.map(dedupe, identified),
}
