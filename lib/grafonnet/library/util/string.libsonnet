// Helpers for strings.
{
  // Letters and digits alone, in lower case, with dashes for spaces: for a uid or a file name.
  slugify(string):
    local isKept(c) = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ' ';
    local kept = std.filter(isKept, std.stringChars(std.asciiLower(string)));
    std.strReplace(std.join('', kept), ' ', '-'),
}
