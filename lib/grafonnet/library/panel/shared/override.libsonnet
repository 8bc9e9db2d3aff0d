// Field overrides, the items of standardOptions.withOverrides: a matcher and its properties.
{
  local matcher(id) = {
    new(value): { matcher: { id: id, options: value } },
    withProperty(id, value): { properties+: [{ id: id, value: value }] },
    // Takes the field options of `options` (what standardOptions and fieldConfig functions
    // return) as properties; custom options get `custom.` before their name.
    withPropertiesFromOptions(options): {
      local defaults = options.fieldConfig.defaults,
      properties+: std.flatMap(
        function(key)
          if key == 'custom'
          then [{ id: 'custom.' + name, value: defaults.custom[name] } for name in std.objectFields(defaults.custom)]
          else [{ id: key, value: defaults[key] }],
        std.objectFields(defaults)
      ),
    },
  },

  byName: matcher('byName'),
  byQuery: matcher('byFrameRefID'),
  byRegexp: matcher('byRegexp'),
  byType: matcher('byType'),
  byValue: matcher('byValue'),
}
