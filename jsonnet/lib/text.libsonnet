// Text with gaps. std.format and % read a text letter by letter in Jsonnet itself; for a description that
// costs as much as the rest of its panel.
local written(value) = if std.isNumber(value) then '%g' % value else value;

{
  // The text with each {name} replaced by gaps[name], a text or a number.
  fill(text, gaps):
    std.foldl(
      function(filled, name) std.strReplace(filled, '{' + name + '}', written(gaps[name])),
      std.objectFields(gaps),
      text,
    ),
}
