// Reads the default values that a package publishes as code: `defaultX` for type X.

import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const cache = new Map();

/**
 * Returns a function that gives the default of a type of this module, or undefined.
 * Modules are rewritten to CommonJS, so that Node's rules about .js files do not matter.
 */
export function loadDefaults(module) {
  if (!fs.existsSync(module.values)) {
    return () => undefined;
  }
  const exports = run(module.values);
  return (type) => {
    const value = exports[`default${type[0].toUpperCase()}${type.slice(1)}`];
    return plain(typeof value === 'function' ? value() : value);
  };
}

function run(file) {
  if (cache.has(file)) {
    return cache.get(file);
  }
  const exports = {};
  cache.set(file, exports);
  const options = { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } };
  const code = ts.transpileModule(fs.readFileSync(file, 'utf8'), options).outputText;
  const require = (request) => run(resolve(path.dirname(file), request));
  new Function('exports', 'require', code)(exports, require);
  return exports;
}

function resolve(dir, request) {
  if (!request.startsWith('.')) {
    throw new Error(`${dir}: a module of values imports ${request}; only relative imports are known`);
  }
  const base = path.join(dir, request);
  const candidates = [base, `${base}.js`, path.join(base, 'index.js')];
  const found = candidates.find((file) => fs.existsSync(file) && fs.statSync(file).isFile());
  if (!found) {
    throw new Error(`${dir}: cannot find ${request}`);
  }
  return found;
}

/** Drops functions (marker methods of the packages) and everything that JSON cannot hold. */
function plain(value) {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/**
 * Tells whether a default only fills a required field: a package that constructs complete
 * objects writes "", 0, [] or an enum's first value where the schema has no default.
 */
export function isFiller(value, type) {
  if (type.kind === 'enum') {
    return value === type.values[0];
  }
  if (type.kind === 'const') {
    return true;
  }
  if (value !== null && typeof value === 'object') {
    return true;
  }
  return value === '' || value === 0 || value === false;
}
