// Where good ends: threshold lines and areas that turn a panel red.
local g = import 'g.libsonnet';

local step = g.panel.timeSeries.standardOptions.threshold.step;
local steps(list) = [step.withColor(s[0]) + step.withValue(s[1]) for s in list];

{
  // Red above the value.
  above(value): steps([['transparent', null], ['red', value]]),

  // Red below the value.
  below(value): steps([['red', null], ['transparent', value]]),

  // Green up to the value and red above it; for cells, which need a colour of their own.
  cellAbove(value): steps([['green', null], ['red', value]]),

  // Red at any value; for cells of what should not be there at all.
  cellAlways: steps([['red', null]]),
}
