// Prometheus queries.
{
  // `datasource` is a uid, for example '$datasource'.
  new(datasource, expr): self.withDatasource(datasource) + self.withExpr(expr),
  withDatasource(value): { datasource+: { type: 'prometheus', uid: value } },
}
