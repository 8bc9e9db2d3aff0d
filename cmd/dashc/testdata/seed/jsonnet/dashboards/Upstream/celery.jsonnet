local seed = import '../../seed.libsonnet';
seed('celery-tasks', 'Celery Tasks', [
  ['Tasks Started by Type', 'rate(upstream_background_job_started_total[5m])'],
  ['Tasks Completed vs Failed', 'rate(upstream_background_job_completed_total[5m])', 'rate(upstream_background_job_failed_total[5m])'],
  ['Task Duration p95 by Type', 'histogram_quantile(0.95, rate(upstream_background_job_duration_seconds_bucket[5m]))'],
  ['Error Types Distribution', 'sum by (error_type) (rate(upstream_background_job_failed_total[5m]))'],
  ['Alert Delivery Rates by Channel', 'rate(upstream_alert_delivered_total[5m])'],
  ['Report Generation Time p95', 'histogram_quantile(0.95, rate(upstream_report_generation_seconds_bucket[5m]))'],
  ['Task Success Rate', '100 * rate(upstream_background_job_completed_total[5m]) / (rate(upstream_background_job_started_total[5m]) + 0.001)'],
  ['Alert Failures by Type', 'sum by (error_type) (rate(upstream_alert_failed_total[5m]))'],
])
