// The provider that loads the dashboards: each folder of the tree is a folder of Grafana.
function(env) {
  apiVersion: 1,
  providers: [{
    name: 'upstream',
    orgId: 1,
    type: 'file',
    disableDeletion: false,
    allowUiUpdates: false,
    updateIntervalSeconds: 30,
    options: {
      path: '/var/lib/grafana/dashboards',  // where grafana/dashboards of the tree is mounted
      foldersFromFilesStructure: true,
    },
  }],
}
