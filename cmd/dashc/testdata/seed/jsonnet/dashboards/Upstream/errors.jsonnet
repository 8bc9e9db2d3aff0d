local seed = import '../../seed.libsonnet';
seed('error-rates', 'Error Rates', [
  ['4xx Error Rate by Status', 'rate(django_http_responses_total_by_status_total{status=~"4.."}[5m])'],
  ['5xx Error Rate by Status', 'rate(django_http_responses_total_by_status_total{status=~"5.."}[5m])'],
  ['Overall Error Percentage', '100 * sum(rate(django_http_responses_total_by_status_total{status=~"[45].."}[5m])) / sum(rate(django_http_responses_total_by_status_total[5m]))'],
  ['Error Rate Heatmap', 'sum(rate(django_http_responses_total_by_status_total{status=~"[45].."}[5m]))'],
  ['Data Quality Check Failures', 'sum by (check_type) (rate(upstream_data_quality_check_failed_total[5m]))'],
  ['Alert Failures by Channel', 'sum by (channel_type) (rate(upstream_alert_failed_total[5m]))'],
  ['Top 10 Error Endpoints', 'topk(10, rate(django_http_responses_total_by_view_status_total{status=~"[45].."}[5m]))'],
  ['Customer-Specific Errors', 'sum by (customer_id) (rate(upstream_data_quality_check_failed_total[5m]))'],
])
