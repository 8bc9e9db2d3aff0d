// Alerting resources, and a library panel.
local g = import 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0/main.libsonnet';
local alerting = g.alerting;
{
  contactPoint: alerting.contactPoint.withName('team') + alerting.contactPoint.withType('email') + alerting.contactPoint.withSettings({ addresses: 'a@example.com' }),
  muteTiming:
    alerting.muteTiming.withName('weekend')
    + alerting.muteTiming.withTimeIntervals([
      alerting.muteTiming.time_intervals.withTimes([
        alerting.muteTiming.time_intervals.times.withFrom('00:00') + alerting.muteTiming.time_intervals.times.withTo('24:00'),
      ]),
    ]),
  notificationPolicy:
    alerting.notificationPolicy.withReceiver('team')
    + alerting.notificationPolicy.withGroupBy('alertname')
    + alerting.notificationPolicy.withContinue()
    + alerting.notificationPolicy.withRoutes([alerting.notificationPolicy.withReceiver('other')]),
  messageTemplate: alerting.messageTemplate.withName('short') + alerting.messageTemplate.withTemplate('{{ . }}'),
  ruleGroup:
    alerting.ruleGroup.withTitle('group')
    + alerting.ruleGroup.withInterval(60)
    + alerting.ruleGroup.withRules([
      alerting.ruleGroup.rules.withTitle('rule')
      + alerting.ruleGroup.rules.withFor('5m')
      + alerting.ruleGroup.rules.withData([alerting.ruleGroup.rules.data.withRefId('A') + alerting.ruleGroup.rules.data.withModel({ expr: 'up' })])
      + alerting.ruleGroup.rules.withLabelsMixin({ severity: 'page' }),
    ]),
  libraryPanel: g.librarypanel.withName('name') + g.librarypanel.withModel(g.panel.text.new('t')),
}
