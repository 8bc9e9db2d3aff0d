// Contact points: who hears of an alert in this environment.
local contacts = import '../../lib/contacts.libsonnet';

function(env) {
  apiVersion: 1,
  contactPoints: contacts.all(env),
}
