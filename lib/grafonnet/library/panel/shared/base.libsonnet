// What all panel types have: `new`, the groups of options, and older names of the builders.
function(type) (import 'panel.libsonnet') + {
  new(title):
    self.panelOptions.withTitle(title)
    + self.panelOptions.withType()
    + self.panelOptions.withPluginVersion()
    + self.queryOptions.withDatasource('datasource', '-- Mixed --'),

  panelOptions+: {
    withType(): { type: type },
    // Sets only what is not null, in units of the grid: 24 columns, 30 pixels a row.
    withGridPos(h=null, w=null, x=null, y=null): {
      gridPos+: {
        [if h != null then 'h']: h,
        [if w != null then 'w']: w,
        [if x != null then 'x']: x,
        [if y != null then 'y']: y,
      },
    },
  },

  queryOptions+: {
    withDatasource(type, uid): { datasource+: { type: type, uid: uid } },
  },

  link: self.panelOptions.link,
  fieldOverride: self.standardOptions.override,
  thresholdStep: self.standardOptions.threshold.step,
  transformation: self.queryOptions.transformation,
  valueMapping: self.standardOptions.mapping,
}
