// Command-line flags of Prometheus that depend on the environment and that its configuration file cannot
// hold. Whatever starts Prometheus passes each as --NAME=VALUE.
function(env) {
  'storage.tsdb.retention.time': env.prometheus.retention,
}
