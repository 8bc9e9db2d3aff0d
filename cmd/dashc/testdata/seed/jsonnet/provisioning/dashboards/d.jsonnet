{ apiVersion: 1, providers: [{ name: 'p', type: 'file', updateIntervalSeconds: 30, options: { path: '/var/lib/grafana/dashboards', foldersFromFilesStructure: true } }] }
