// Helpers for the values of custom variables.
{
  local root = self,

  // The objects {key, value} of a query text such as 'one : 1,two : 2,three'. A comma inside a
  // value is written with a backslash before it.
  parseCustomQuery(query):
    local mark = '\u0000';
    local parse(item) =
      local text = std.strReplace(item, mark, ',');
      local at = std.findSubstr(' : ', text);
      local key = if at == [] then text else text[:at[0]];
      local value = if at == [] then text else text[at[0] + 3:];
      { key: std.trim(key), value: std.trim(value) };
    [parse(item) for item in std.split(std.strReplace(query, '\\,', mark), ',')],

  // The first value, which a reader sees before choosing.
  getCurrentFromValues(values, multi=false):
    local many(v) = if multi then [v] else v;
    if values == [] then {}
    else {
      selected: false,
      text: many(values[0].key),
      value: many(values[0].value),
    },

  getOptionsFromValues(values):
    std.mapWithIndex(
      function(i, item) { selected: i == 0, text: item.key, value: item.value },
      values
    ),

  // `current` and `options` of a custom variable, from its query text.
  getOptionsForCustomQuery(query, multi=false):
    local values = root.parseCustomQuery(query);
    {
      current: root.getCurrentFromValues(values, multi),
      options: root.getOptionsFromValues(values),
    },
}
