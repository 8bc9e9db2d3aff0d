// Who hears of an alert: two contact points that exist in every environment, and what they mean there.
local secrets = import 'secrets.libsonnet';

local onCall = 'on-call';
local team = 'team';

local slack(name, settings) = {
  uid: name + '-slack',
  type: 'slack',
  settings: { url: secrets.fromFile(settings.webhook_url_file) },
};

local pagerduty(name, settings) = {
  uid: name + '-pagerduty',
  type: 'pagerduty',
  settings: { integrationKey: secrets.fromFile(settings.integration_key_file) },
};

local webhook(name, settings) = {
  uid: name + '-webhook',
  type: 'webhook',
  settings: { url: settings.url, httpMethod: 'POST' },
};

// The receivers of the given kinds that the environment configures.
local receivers(env, name, kinds) = [
  kinds[kind](name, env.alerting[kind])
  for kind in std.objectFields(kinds)
  if std.objectHas(env.alerting, kind)
];

{
  // Name of the contact point for what cannot wait.
  onCall: onCall,

  // Name of the contact point for what can wait until somebody works.
  team: team,

  // Both contact points of the environment.
  all(env): [
    { orgId: 1, name: onCall, receivers: receivers(env, onCall, { slack: slack, pagerduty: pagerduty, webhook: webhook }) },
    { orgId: 1, name: team, receivers: receivers(env, team, { slack: slack, webhook: webhook }) },
  ],
}
