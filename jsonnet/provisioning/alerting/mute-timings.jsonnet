// Mute timings: when warnings stay silent in this environment.
local quietTime = import '../../lib/quiet-time.libsonnet';

function(env) {
  apiVersion: 1,
  muteTimes: [quietTime.muteTiming(env.alerting.quiet_time)],
}
