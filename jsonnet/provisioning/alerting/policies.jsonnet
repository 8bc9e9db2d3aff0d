// The one notification policy tree: severity chooses the contact point.
local contacts = import '../../lib/contacts.libsonnet';
local quietTime = import '../../lib/quiet-time.libsonnet';

function(env) {
  apiVersion: 1,
  policies: [{
    orgId: 1,
    receiver: contacts.team,
    group_by: ['grafana_folder', 'alertname'],
    group_wait: '30s',
    group_interval: '5m',
    repeat_interval: '4h',
    routes: [
      {
        receiver: contacts.onCall,
        object_matchers: [['severity', '=', 'critical']],
        repeat_interval: '1h',
      },
      {
        receiver: contacts.team,
        object_matchers: [['severity', '=', 'warning']],
        mute_time_intervals: [quietTime.name],
      },
    ],
  }],
}
