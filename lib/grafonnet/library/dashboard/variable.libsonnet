// Dashboard variables, one namespace for each kind.
{
  local util = import '../util/dashboard.libsonnet',

  local isMulti(variable) = std.get(variable, 'multi', false),
  local datasourceOf(variable) =
    if std.get(variable, 'type') == 'datasource'
    then { type: variable.query, uid: '${%s}' % variable.name }
    else error 'the variable %s is no data source variable; make it with variable.datasource.new'
               % std.get(variable, 'name', '(without a name)'),

  local customQuery(values) =
    local escape(value) = std.strReplace(std.toString(value), ',', '\\,');
    local text(item) =
      if std.isObject(item) then escape(item.key) + ' : ' + escape(item.value) else escape(item);
    std.join(',', std.map(text, values)),

  local common = {
    generalOptions: {
      withName(value): { name: value },
      withLabel(value): { label: value },
      withDescription(value): { description: value },
      showOnDashboard: {
        withLabelAndValue(): { hide: 0 },
        withValueOnly(): { hide: 1 },
        withNothing(): { hide: 2 },
      },
      withCurrent(key, value=key): {
        local many(v) = if isMulti(self) && !std.isArray(v) then [v] else v,
        current: { selected: false, text: many(key), value: many(value) },
      },
    },
  },

  local selection = {
    selectionOptions: {
      withMulti(value=true): { multi: value },
      withIncludeAll(value=true, customAllValue=null): {
        includeAll: value,
        [if customAllValue != null then 'allValue']: customAllValue,
      },
    },
  },

  local regex = { withRegex(value): { regex: value } },

  adhoc: common {
    new(name, type, uid): { name: name, type: 'adhoc', datasource+: { type: type, uid: uid } },
    newFromDatasourceVariable(name, variable): {
      name: name,
      type: 'adhoc',
      datasource+: datasourceOf(variable),
    },
  },

  constant: common {
    new(name, value=''): { name: name, type: 'constant', hide: 2, query: value },
  },

  // `values` are strings, numbers, or objects {key, value}: what the reader sees, what the query gets.
  custom: common + selection + {
    new(name, values): {
      local fromQuery = util.getOptionsForCustomQuery(self.query, isMulti(self)),
      name: name,
      type: 'custom',
      query: customQuery(values),
      current: fromQuery.current,
      options: fromQuery.options,
    },
  },

  // `type` is the plugin's id, for example 'prometheus'.
  datasource: common + selection + regex + {
    new(name, type): { name: name, type: 'datasource', query: type },
  },

  // `values` are durations, for example ['1m', '5m'].
  interval: common {
    new(name, values): {
      name: name,
      type: 'interval',
      query: std.join(',', values),
    },
    // Divides the time range into `count` steps of at least `minInterval`.
    withAutoOption(count=30, minInterval='10s'): {
      auto: true,
      auto_count: count,
      auto_min: minInterval,
    },
  },

  query: common + selection + regex + {
    new(name, query=''): { name: name, type: 'query', query: query },
    withDatasource(type, uid): { datasource+: { type: type, uid: uid } },
    withDatasourceFromVariable(variable): { datasource+: datasourceOf(variable) },
    withRefresh(value): { refresh: value },
    refresh: {
      onLoad(): { refresh: 1 },
      onTime(): { refresh: 2 },
    },
    // A number `i` other than 0 is Grafana's own code; else the names decide.
    withSort(i=0, type='alphabetical', asc=true, caseInsensitive=false): {
      local codes = {
        alphabetical: if caseInsensitive then 5 else 1,
        numerical: 3,
      },
      local code =
        if std.objectHas(codes, type) then codes[type]
        else error "withSort: the type is '%s'; it must be 'alphabetical' or 'numerical'" % type,
      sort: if i != 0 then i else if asc then code else code + 1,
    },
    queryTypes: {
      withLabelValues(label, metric=''): {
        query:
          if metric == '' then 'label_values(%s)' % label
          else 'label_values(%s, %s)' % [metric, label],
      },
      withQueryResult(query): { query: 'query_result(%s)' % query },
    },
  },

  textbox: common {
    new(name, default=''): {
      name: name,
      type: 'textbox',
      query: default,
      current: { selected: false, text: default, value: default },
      options: [self.current],
    },
  },
}
