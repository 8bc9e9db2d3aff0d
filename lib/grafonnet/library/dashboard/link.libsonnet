// Links at the top of a dashboard: to dashboards by tag, or to an address.
{
  local options = {
    withAsDropdown(value=true): { asDropdown: value },
    withIncludeVars(value=true): { includeVars: value },
    withKeepTime(value=true): { keepTime: value },
    withTargetBlank(value=true): { targetBlank: value },
  },

  dashboards: {
    new(title, tags): {
      title: title,
      type: 'dashboards',
      tags: if std.isArray(tags) then tags else [tags],
    },
    options: options,
  },
  link: {
    new(title, url): { title: title, type: 'link', url: url },
    withIcon(value): { icon: value },
    withTooltip(value): { tooltip: value },
    options: options,
  },
}
