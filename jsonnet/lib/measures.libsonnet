// What is measured, in the product's words. Each metric name stands here once and nowhere else.
local catalogue = import 'catalogue.libsonnet';

{
  http: {
    requestsByMethod: catalogue.counter('django_http_requests_total_by_method_total'),
    requestsByView: catalogue.counter('django_http_requests_total_by_view_transport_method_total'),
    responsesByStatus: catalogue.counter('django_http_responses_total_by_status_total'),
    responsesByView: catalogue.counter('django_http_responses_total_by_status_view_method_total'),
    latency: catalogue.histogram('django_http_requests_latency_seconds_by_view_method'),
  },
  api: {
    calls: catalogue.counter('upstream_api_endpoint_calls_total'),
    rateLimitHits: catalogue.counter('upstream_api_rate_limit_hit_total'),
  },
  database: {
    statements: catalogue.counter('django_db_execute_total'),
    statementDuration: catalogue.histogram('django_db_query_duration_seconds'),
    statementErrors: catalogue.counter('django_db_errors_total'),
    newConnections: catalogue.counter('django_db_new_connections_total'),
    newConnectionErrors: catalogue.counter('django_db_new_connection_errors_total'),
    connections: catalogue.gauge('pg_stat_activity_count'),
  },
  ingestion: {
    records: catalogue.counter('upstream_claim_records_ingested_total'),
    duration: catalogue.histogram('upstream_ingestion_processing_seconds'),
    failedChecks: catalogue.counter('upstream_data_quality_check_failed_total'),
  },
  jobs: {
    started: catalogue.counter('upstream_background_job_started_total'),
    completed: catalogue.counter('upstream_background_job_completed_total'),
    failed: catalogue.counter('upstream_background_job_failed_total'),
    duration: catalogue.histogram('upstream_background_job_duration_seconds'),
  },
  alerts: {
    delivered: catalogue.counter('upstream_alert_delivered_total'),
    failed: catalogue.counter('upstream_alert_failed_total'),
  },
  reports: {
    duration: catalogue.histogram('upstream_report_generation_seconds'),
  },
  process: {
    startTime: catalogue.gauge('process_start_time_seconds'),
  },
}
