// Slugs.
local g = import 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0/main.libsonnet';
[g.util.string.slugify(s) for s in ['Hello World', 'A/B  c_d-e', 'Überblick 2', '']]
