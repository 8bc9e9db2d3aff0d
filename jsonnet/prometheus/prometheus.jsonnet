// Prometheus' main configuration file: what it scrapes, computes and sends on.
local scrape(name, targets) = {
  job_name: name,
  static_configs: [{ targets: targets }],
};

// The Python client's *_created gauges are a fifth of all series and no panel needs them (docs/metrics.md).
local withoutCreated = {
  metric_relabel_configs: [{
    source_labels: ['__name__'],
    regex: '(django|upstream)_.*_created',
    action: 'drop',
  }],
};

local remoteWrite(settings) = {
  url: settings.url,
  basic_auth: { username: settings.username, password_file: settings.password_file },
};

function(env)
  local settings = env.prometheus;
  {
    global: {
      scrape_interval: env.scrape_interval,
      evaluation_interval: env.scrape_interval,
      external_labels: { environment: env.name },
    },
    rule_files: ['rules/*.yaml'],
    scrape_configs:
      [
        scrape('prometheus', ['localhost:9090']),
        scrape('django', settings.targets.django) + withoutCreated,
        scrape('celery', settings.targets.celery) + withoutCreated,
      ]
      + (if env.database.exporter then [scrape('postgres', settings.targets.postgres)] else []),
    [if std.objectHas(settings, 'remote_write') then 'remote_write']: [remoteWrite(settings.remote_write)],
  }
