function(env) if env.rules then {
  groups: [{ name: 'api', rules: [{ record: 'job:requests:rate5m', expr: 'sum by (job) (rate(requests_total[5m]))' }] }],
}
