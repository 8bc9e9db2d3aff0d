{
  apiVersion: 1,
  datasources: [{
    name: 'Prometheus',
    uid: 'prom',
    type: 'prometheus',
    url: 'http://prometheus:9090',
    basicAuthUser: 'cost $5',
    secureJsonData: { basicAuthPassword: '$__file{/run/secrets/prometheus}' },
  }],
}
