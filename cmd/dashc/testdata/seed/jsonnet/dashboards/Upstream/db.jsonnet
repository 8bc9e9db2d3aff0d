local seed = import '../../seed.libsonnet';
seed('database-metrics', 'Database Metrics', [
  ['Database Query Rate', 'rate(django_db_query_total[5m])'],
  ['Query Duration p95', 'histogram_quantile(0.95, rate(django_db_query_duration_seconds_bucket[5m]))'],
  ['Active Database Connections', 'django_db_connections_active'],
  ['Connection Errors', 'rate(django_db_errors_total[5m])'],
  ['Claim Records Ingested by Status', 'rate(upstream_claim_records_ingested_total[5m])'],
  ['Ingestion Processing Time p95', 'histogram_quantile(0.95, rate(upstream_ingestion_processing_seconds_bucket[5m]))'],
])
