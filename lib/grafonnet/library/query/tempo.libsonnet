// Tempo queries.
{
  // `datasource` is a uid, `query` is TraceQL, `filters` are built with tempo.filters.
  new(datasource, query, filters):
    self.withDatasource(datasource) + self.withQuery(query) + self.withFilters(filters),
  withDatasource(value): { datasource+: { type: 'tempo', uid: value } },
}
