// The Prometheus data source, or what speaks its language in this environment.
local datasource = import '../../lib/datasource.libsonnet';
local secrets = import '../../lib/secrets.libsonnet';

local basicAuth(credentials) = {
  basicAuth: true,
  basicAuthUser: credentials.username,
  secureJsonData: { basicAuthPassword: secrets.fromFile(credentials.password_file) },
};

function(env) {
  apiVersion: 1,
  datasources: [
    {
      name: datasource.name,
      uid: datasource.uid,
      type: datasource.type,
      orgId: 1,
      access: 'proxy',
      url: env.datasource.url,
      isDefault: true,
      editable: false,
      jsonData: {
        httpMethod: 'POST',
        timeInterval: env.scrape_interval,
        prometheusType: env.datasource.type,
        manageAlerts: false,
      },
    }
    + (if std.objectHas(env.datasource, 'basic_auth') then basicAuth(env.datasource.basic_auth) else {}),
  ],
}
