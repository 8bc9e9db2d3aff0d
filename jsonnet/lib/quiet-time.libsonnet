// When warnings stay silent; critical alerts never do.
local name = 'quiet-time';

{
  // Name of the mute timing.
  name: name,

  // The mute timing; intervals: list of {times, weekdays, location} in Grafana's terms.
  muteTiming(intervals): { orgId: 1, name: name, time_intervals: intervals },
}
