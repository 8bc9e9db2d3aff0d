// Writes ../schema/<version>.json from the npm packages that versions/<version>.json names.
//
//   npm ci && node extract.mjs v11.4.0

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadDefaults } from './defaults.mjs';
import { printSchema } from './print.mjs';
import { Reader } from './reader.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));

const version = process.argv[2];
if (!version) {
  console.error('usage: node extract.mjs VERSION   (a file name of versions/, for example v11.4.0)');
  process.exit(2);
}

const config = readJSON(path.join(here, 'versions', `${version}.json`));
const packages = locatePackages(config.packages);
const modules = locateModules(config.modules, packages);

const reader = new Reader(config, modules, loadDefaults);
for (const name of rootTypes(config.api)) {
  reader.need(name);
}
if (reader.unusedCuts.size > 0) {
  throw new Error(`cuts that match no property: ${[...reader.unusedCuts].join(', ')}`);
}

const schema = {
  grafana: config.grafana,
  sources: Object.fromEntries(Object.values(packages).map((p) => [p.name, p.version])),
  api: config.api,
  types: reader.types,
};
fs.writeFileSync(path.join(here, '..', 'schema', `${version}.json`), printSchema(schema));

/** Finds each package in node_modules and the version that is installed. */
function locatePackages(configured) {
  return Object.fromEntries(
    Object.entries(configured).map(([alias, { name, fillsRequired = false }]) => {
      const dir = path.join(here, 'node_modules', name);
      if (!fs.existsSync(dir)) {
        throw new Error(`npm package ${name} is not installed; run npm ci in this folder`);
      }
      const { name: published, version } = readJSON(path.join(dir, 'package.json'));
      return [alias, { name: published, version, dir, fillsRequired }];
    }),
  );
}

/** Turns "package:path" into the two files of a module: its types and its values. */
function locateModules(configured, packages) {
  return Object.fromEntries(
    Object.entries(configured).map(([name, location]) => {
      const [alias, file] = location.split(':');
      const { dir, fillsRequired } = packages[alias];
      const base = path.join(dir, file);
      // A module of types alone has no .js file in some packages.
      if (!fs.existsSync(`${base}.d.ts`)) {
        throw new Error(`module ${name}: ${location}.d.ts does not exist in the installed package`);
      }
      return [name, { name, types: `${base}.d.ts`, values: `${base}.js`, fillsRequired }];
    }),
  );
}

/** The types that the public functions start from. */
function rootTypes(api) {
  const panels = Object.values(api.panels).flatMap(({ module }) => [`${module}.Options`, `${module}.FieldConfig?`]);
  return [
    api.dashboard,
    api.panel,
    api.row,
    api.libraryPanel,
    ...panels,
    ...Object.values(api.queries).flat(),
    ...Object.values(api.alerting),
  ];
}

function readJSON(file) {
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}
