// The values of custom variables, from their query text.
local g = import 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0/main.libsonnet';
local util = g.util.dashboard;
{
  parsed: util.parseCustomQuery('one : 1, two,a\\,b : c\\,d,x:y'),
  options: util.getOptionsForCustomQuery('one : 1,two'),
  multi: util.getOptionsForCustomQuery('one : 1,two', multi=true),
  current: util.getCurrentFromValues([{ key: 'k', value: 'v' }]),
  currentOfNothing: util.getCurrentFromValues([]),
  list: util.getOptionsFromValues([{ key: 'k', value: 'v' }, { key: 'l', value: 'w' }]),
}
