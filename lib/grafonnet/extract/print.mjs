// Prints the schema so that a person can read a difference: sorted, a property to a line.

const lineLength = 100;

export function printSchema(schema) {
  return `${print(schema, '')}\n`;
}

function print(value, indent) {
  const line = printLine(value);
  if (indent.length + line.length <= lineLength && !isTall(value)) {
    return line;
  }
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    return `[\n${value.map((v) => inner + print(v, inner)).join(',\n')}\n${indent}]`;
  }
  const fields = sortedEntries(value).map(([k, v]) => `${inner}${JSON.stringify(k)}: ${print(v, inner)}`);
  return `{\n${fields.join(',\n')}\n${indent}}`;
}

/** Objects with properties always take a line for each. */
function isTall(value) {
  return value !== null && typeof value === 'object' && value.kind === 'object';
}

function printLine(value) {
  if (Array.isArray(value)) {
    return `[${value.map(printLine).join(', ')}]`;
  }
  if (value !== null && typeof value === 'object') {
    return `{${sortedEntries(value).map(([k, v]) => `${JSON.stringify(k)}: ${printLine(v)}`).join(', ')}}`;
  }
  return JSON.stringify(value);
}

/** Keys in order of the alphabet, with "kind" first and what is long last. */
function sortedEntries(object) {
  const rank = (key) => ['kind', 'grafana', 'sources', 'api'].indexOf(key) + 1 || (key === 'properties' || key === 'types' ? 9 : 5);
  return Object.entries(object).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
}
