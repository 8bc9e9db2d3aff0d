// A row: a heading over the panels below it, which it holds itself while it is collapsed.
{
  new(title):
    self.withTitle(title)
    + self.withType()
    + self.withCollapsed(false)
    + { gridPos+: { h: 1, w: 24, x: 0 } },
  withGridPos(y): { gridPos+: { h: 1, w: 24, x: 0, y: y } },
}
