local seed = import '../../seed.libsonnet';
seed('api-performance', 'API Performance', [
  ['HTTP Request Rate by Method', 'rate(django_http_requests_total_by_method_total[5m])'],
  ['Request Latency (p50/p95/p99)', 'histogram_quantile(0.50, rate(django_http_requests_latency_seconds_bucket[5m]))', 'histogram_quantile(0.95, rate(django_http_requests_latency_seconds_bucket[5m]))', 'histogram_quantile(0.99, rate(django_http_requests_latency_seconds_bucket[5m]))'],
  ['Top 10 Slowest Endpoints', 'topk(10, histogram_quantile(0.95, rate(django_http_requests_latency_seconds_by_view_method_bucket[5m])))'],
  ['Request Volume by Endpoint', 'rate(django_http_requests_total_by_view_method_total[5m])'],
  ['API Rate Limit Hits', 'rate(upstream_api_rate_limit_hit_total[5m])'],
  ['Customer-Specific API Calls', 'sum by (customer_id) (rate(upstream_api_endpoint_calls_total[5m]))'],
])
