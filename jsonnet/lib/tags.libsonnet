// The tags of the dashboards of one environment; the links among them select by these.
function(env) ['upstream', 'env:' + env.name]
