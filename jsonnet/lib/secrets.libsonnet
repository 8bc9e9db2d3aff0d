// Secrets stay out of the rendered tree: Grafana reads them when it starts.
{
  // What Grafana replaces by the content of the file at this path inside its container.
  fromFile(path): '$__file{%s}' % path,
}
