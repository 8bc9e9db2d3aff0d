// Recording rules for the expensive percentiles and ratios, where values.recording_rules is on.
local recorded = import '../../lib/recorded.libsonnet';

function(env)
  local series = recorded(env.rate_window).series;
  if env.recording_rules then {
    groups: [{
      name: 'upstream',
      rules: [{ record: name, expr: series[name] } for name in std.objectFields(series)],
    }],
  }
