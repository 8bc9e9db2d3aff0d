// Grafana's built-in test data.
{
  new(): self.withDatasource(),
  withDatasource(): { datasource+: { type: 'datasource', uid: 'grafana' } },
}
