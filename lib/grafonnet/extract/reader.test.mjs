// node --test: what the reader makes of declarations, and what it refuses.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { loadDefaults } from './defaults.mjs';
import { Reader } from './reader.mjs';

/** Reads type T of a module that consists of these declarations and values. */
function read(declarations, { values, cuts = {}, fillsRequired = false } = {}) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'reader-'));
  try {
    const module = { name: 'm', types: path.join(dir, 'm.d.ts'), values: path.join(dir, 'm.js'), fillsRequired };
    fs.writeFileSync(module.types, declarations);
    if (values) {
      fs.writeFileSync(module.values, values);
    }
    const config = { supplement: {}, cuts, pathMappings: {}, ignoredMethods: ['_marker'] };
    const reader = new Reader(config, { m: module }, loadDefaults);
    reader.need('m.T');
    return reader.types;
  } finally {
    fs.rmSync(dir, { recursive: true });
  }
}

const property = (type) => read(`export interface T { p?: ${type} }`)['m.T'].properties.p;

test('types', () => {
  assert.deepEqual(property('string'), { kind: 'string' });
  assert.deepEqual(property('unknown'), { kind: 'any' });
  assert.deepEqual(property("'a' | 'b'"), { kind: 'enum', values: ['a', 'b'] });
  assert.deepEqual(property("'a'"), { kind: 'const', value: 'a' });
  assert.deepEqual(property("('a' | string)"), { kind: 'string' });
  assert.deepEqual(property('number | null'), { kind: 'union', of: [{ kind: 'number' }, { kind: 'null' }] });
  assert.deepEqual(property('Array<number>'), property('number[]'));
  assert.deepEqual(property('Record<string, boolean>'), { kind: 'map', items: { kind: 'boolean' } });
  assert.deepEqual(property('{ q: string }'), {
    kind: 'object',
    properties: { q: { kind: 'string', required: true } },
  });
});

test('enums, parents and references', () => {
  const types = read(`
    export declare enum E { A = "a", B = "b" }
    export interface Base { b: E; _marker(): void }
    export interface T extends Base { p: E.B }
  `);
  assert.deepEqual(types['m.E'], { kind: 'enum', values: ['a', 'b'] });
  assert.deepEqual(types['m.T'].extends, ['m.Base']);
  assert.deepEqual(types['m.T'].properties.p, { kind: 'const', value: 'b', required: true });
  assert.deepEqual(types['m.Base'].properties, { b: { kind: 'ref', ref: 'm.E', required: true } });
});

test('defaults come from the code', () => {
  const { properties } = read('export interface T { p: number; q: string }', {
    values: 'export const defaultT = { p: 3, q: "" };',
  })['m.T'];
  assert.equal(properties.p.default, 3);
  assert.equal(properties.q.default, '');
});

test('a default that only fills a required field is none', () => {
  const { properties } = read("export interface T { p: number; q: string; r: 'a' | 'b'; s: string }", {
    values: 'export const defaultT = () => ({ p: 0, q: "", r: "a", s: "x" });',
    fillsRequired: true,
  })['m.T'];
  assert.deepEqual(
    Object.entries(properties).filter(([, p]) => 'default' in p).map(([name]) => name),
    ['s'],
  );
});

test('cuts replace a property', () => {
  const cuts = { 'm.T.p': { kind: 'any' } };
  assert.deepEqual(read('export interface T { p?: T[] }', { cuts })['m.T'].properties.p, { kind: 'any' });
});

test('an unknown construct is an error with its path', () => {
  assert.throws(() => property('[number, number]'), /m\.T\.p: unknown type TupleType/);
  assert.throws(() => property('Array<{ q: () => void }>'), /m\.T\.p\[\]\.q: unknown type FunctionType/);
  assert.throws(() => property('Partial<string>'), /m\.T\.p: unknown generic type/);
  assert.throws(() => property('Missing'), /m\.T\.p: cannot find Missing/);
  assert.throws(() => read('export interface T { [key: string]: number }'), /m\.T\..*unknown member IndexSignature/);
  assert.throws(() => read('export interface T { f(): void }'), /m\.T\.f: unknown member MethodSignature/);
  assert.throws(() => read('export interface U {}'), /m\.T: the packages declare no such type/);
  assert.throws(
    () => read('export interface T { p: number }', { values: 'export const defaultT = { x: 1 };' }),
    /m\.T\.x: has a default but is not declared here/,
  );
});
