// No app plugins. The file is there because Grafana complains about a missing folder.
function(env) {
  apiVersion: 1,
  apps: [],
}
