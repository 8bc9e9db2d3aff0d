{
  new(title, uid):: {
    title: title,
    uid: uid,
    schemaVersion: 39,
  },
  panel(id, title, expr):: {
    id: if std.isNumber(id) then id else error 'a panel id is a number',
    title: title,
    type: 'timeseries',
    gridPos: { h: 8, w: 12, x: 0, y: 0 },
    datasource: { type: 'prometheus', uid: 'prom' },
    targets: [{ expr: expr, refId: 'A' }],
  },
}
