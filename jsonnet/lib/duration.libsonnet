// Durations as Prometheus writes them: a whole number and s, m or h.
local secondsPer = { s: 1, m: 60, h: 3600 };

{
  // Seconds in a duration such as 15s or 5m.
  seconds(text): std.parseInt(text[:std.length(text) - 1]) * secondsPer[text[std.length(text) - 1]],
}
