// Helpers for lists of panels: ids, rows and places, queries.
(import 'panel/ids.libsonnet')
+ (import 'panel/rows.libsonnet')
+ (import 'panel/queries.libsonnet')
