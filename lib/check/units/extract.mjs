// Writes units.txt: the units that Grafana knows, one a line, each an id, a tab and the name in Grafana's
// list, from the npm package @grafana/data that package.json names.
//
//   npm ci && node extract.mjs

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRequire } from 'node:module';

// Grafana's package asks the browser for its language when it builds the date formats.
globalThis.navigator ??= { language: 'en-US', languages: ['en-US'] };

const here = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const { getValueFormats } = require('@grafana/data');

const lines = getValueFormats()
  .flatMap((category) => category.submenu)
  .map((format) => `${format.value}\t${format.text}`);
fs.writeFileSync(path.join(here, 'units.txt'), [...new Set(lines)].sort().join('\n') + '\n');
