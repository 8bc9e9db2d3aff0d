// The one Prometheus data source: its identity is the same in every environment.
{
  uid: 'prometheus',
  name: 'Prometheus',
  type: 'prometheus',

  // How panels name it: through the dashboard's datasource variable.
  variable: 'datasource',
  reference: '${%s}' % self.variable,
}
