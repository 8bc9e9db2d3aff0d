import 'mini/dashboard.libsonnet'
