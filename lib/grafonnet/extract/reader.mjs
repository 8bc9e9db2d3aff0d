// Reads TypeScript declarations into schema types.
//
// A schema type is one of
//   {kind: 'string' | 'number' | 'boolean' | 'null' | 'any'}
//   {kind: 'enum', values}      {kind: 'const', value}
//   {kind: 'array', items}      {kind: 'map', items}
//   {kind: 'union', of}         {kind: 'ref', ref: 'module.Type'}
//   {kind: 'object', extends?, properties}, whose properties are types with required? and default?
//
// A construct outside this list is an error that names its path: nothing is left out silently.

import ts from 'typescript';
import { isFiller } from './defaults.mjs';

const scalarKeywords = new Map([
  [ts.SyntaxKind.StringKeyword, 'string'],
  [ts.SyntaxKind.NumberKeyword, 'number'],
  [ts.SyntaxKind.BooleanKeyword, 'boolean'],
  [ts.SyntaxKind.UnknownKeyword, 'any'],
  [ts.SyntaxKind.AnyKeyword, 'any'],
]);

export class Reader {
  constructor(config, modules, loadDefaults) {
    this.config = config;
    this.modules = modules;
    this.types = { ...config.supplement };
    this.fileToModule = new Map(Object.values(modules).map((m) => [m.types, m]));
    this.defaults = new Map(Object.values(modules).map((m) => [m.name, loadDefaults(m)]));
    this.unusedCuts = new Set(Object.keys(config.cuts));
    const paths = Object.entries(config.pathMappings).map(([name, module]) => [name, [modules[module].types]]);
    this.program = ts.createProgram([...this.fileToModule.keys()], { noLib: true, types: [], paths: Object.fromEntries(paths) });
    this.checker = this.program.getTypeChecker();
  }

  /** Reads a type by name, and every type it refers to. A name that ends in ? may be missing. */
  need(name) {
    const optional = name.endsWith('?');
    const [moduleName, typeName] = name.replace('?', '').split('.');
    if (this.types[`${moduleName}.${typeName}`]) {
      return;
    }
    const module = this.modules[moduleName];
    const declaration = module && this.findDeclaration(module, typeName);
    if (!declaration && optional) {
      return;
    }
    if (!declaration) {
      throw new Error(`${name}: the packages declare no such type`);
    }
    this.readDeclaration(declaration);
  }

  findDeclaration(module, typeName) {
    const source = this.program.getSourceFile(module.types);
    return source.statements.find((s) => s.name?.text === typeName && !ts.isFunctionDeclaration(s));
  }

  /** Returns the schema name of a declaration, and reads it on first sight. */
  readDeclaration(declaration) {
    const module = this.fileToModule.get(declaration.getSourceFile().fileName);
    const where = declaration.getSourceFile().fileName;
    if (!module) {
      throw new Error(`${declaration.name.text}: ${where} is in no module of the configuration`);
    }
    const name = `${module.name}.${declaration.name.text}`;
    if (!(name in this.types)) {
      this.types[name] = { kind: 'any' }; // holds the place while the type refers to itself
      this.types[name] = this.readBody(declaration, name, module);
    }
    return name;
  }

  readBody(declaration, name, module) {
    if (ts.isInterfaceDeclaration(declaration)) {
      return this.readObject(declaration.members, name, module, declaration.heritageClauses);
    }
    if (ts.isTypeAliasDeclaration(declaration)) {
      const type = this.readType(declaration.type, name, module);
      const value = this.defaults.get(module.name)(declaration.name.text);
      return type.kind === 'enum' && value !== undefined && !module.fillsRequired ? { ...type, default: value } : type;
    }
    if (ts.isEnumDeclaration(declaration)) {
      return { kind: 'enum', values: unique(declaration.members.map((m) => this.checker.getConstantValue(m))) };
    }
    throw new Error(`${name}: unknown declaration ${ts.SyntaxKind[declaration.kind]}`);
  }

  readObject(members, name, module, heritage = []) {
    const parents = heritage.flatMap((clause) => clause.types.map((t) => this.readDeclaration(this.resolve(t.expression, name))));
    const properties = {};
    const typeName = name.startsWith(`${module.name}.`) ? name.slice(module.name.length + 1) : '';
    const defaults = (typeName && this.defaults.get(module.name)(typeName)) || {};
    for (const member of members) {
      if (ts.isMethodSignature(member) && this.config.ignoredMethods.includes(member.name.text)) {
        continue;
      }
      if (!ts.isPropertySignature(member)) {
        throw new Error(`${name}.${member.name?.text ?? ''}: unknown member ${ts.SyntaxKind[member.kind]}`);
      }
      const key = member.name.text;
      properties[key] = this.readProperty(member, `${name}.${key}`, module, defaults[key]);
    }
    for (const key of Object.keys(defaults)) {
      if (!(key in properties)) {
        throw new Error(`${name}.${key}: has a default but is not declared here`);
      }
    }
    return { kind: 'object', ...(parents.length > 0 && { extends: parents }), properties };
  }

  readProperty(member, where, module, value) {
    const cut = this.config.cuts[where];
    this.unusedCuts.delete(where);
    const type = cut ? { ...cut } : this.readType(member.type, where, module);
    const property = { ...type };
    const filler = module.fillsRequired && value !== undefined && isFiller(value, this.follow(type));
    if (value !== undefined && !filler) {
      property.default = value;
    }
    if (!member.questionToken) {
      property.required = true;
    }
    return property;
  }

  follow(type) {
    return type.kind === 'ref' ? this.follow(this.types[type.ref]) : type;
  }

  readType(node, where, module) {
    if (scalarKeywords.has(node.kind)) {
      return { kind: scalarKeywords.get(node.kind) };
    }
    if (ts.isParenthesizedTypeNode(node)) {
      return this.readType(node.type, where, module);
    }
    if (ts.isLiteralTypeNode(node)) {
      return readLiteral(node.literal, where);
    }
    if (ts.isArrayTypeNode(node)) {
      return { kind: 'array', items: this.readType(node.elementType, `${where}[]`, module) };
    }
    if (ts.isTypeLiteralNode(node)) {
      return this.readObject(node.members, where, module);
    }
    if (ts.isUnionTypeNode(node)) {
      return joinUnion(node.types.map((t) => this.readType(t, where, module)), (t) => this.follow(t));
    }
    if (ts.isTypeReferenceNode(node)) {
      return this.readReference(node, where, module);
    }
    throw new Error(`${where}: unknown type ${ts.SyntaxKind[node.kind]}: ${node.getText()}`);
  }

  readReference(node, where, module) {
    const name = node.typeName.getText();
    if (name === 'Array' && node.typeArguments?.length === 1) {
      return { kind: 'array', items: this.readType(node.typeArguments[0], `${where}[]`, module) };
    }
    if (name === 'Record' && node.typeArguments?.length === 2 && node.typeArguments[0].kind === ts.SyntaxKind.StringKeyword) {
      return { kind: 'map', items: this.readType(node.typeArguments[1], `${where}{}`, module) };
    }
    if (node.typeArguments) {
      throw new Error(`${where}: unknown generic type ${node.getText()}`);
    }
    const declaration = this.resolve(node.typeName, where);
    if (ts.isEnumMember(declaration)) {
      return { kind: 'const', value: this.checker.getConstantValue(declaration) };
    }
    return { kind: 'ref', ref: this.readDeclaration(declaration) };
  }

  resolve(node, where) {
    let symbol = this.checker.getSymbolAtLocation(node);
    if (symbol && symbol.flags & ts.SymbolFlags.Alias) {
      symbol = this.checker.getAliasedSymbol(symbol);
    }
    const declaration = symbol?.declarations?.[0];
    if (!declaration) {
      throw new Error(`${where}: cannot find ${node.getText()}`);
    }
    return declaration;
  }
}

function readLiteral(literal, where) {
  if (literal.kind === ts.SyntaxKind.NullKeyword) {
    return { kind: 'null' };
  }
  if (ts.isStringLiteral(literal)) {
    return { kind: 'const', value: literal.text };
  }
  if (ts.isNumericLiteral(literal)) {
    return { kind: 'const', value: Number(literal.text) };
  }
  throw new Error(`${where}: unknown literal ${literal.getText()}`);
}

/** Constants become one enum; a constant beside the scalar type that contains it is dropped. */
function joinUnion(members, follow) {
  const scalars = new Set(members.map((m) => m.kind));
  const isWidened = (m) => {
    const target = follow(m);
    return target.kind === 'const' && scalars.has(typeof target.value);
  };
  const kept = members.filter((m) => !isWidened(m));
  const constants = kept.filter((m) => m.kind === 'const').map((m) => m.value);
  const others = kept.filter((m) => m.kind !== 'const');
  const joined = constants.length > 0 ? [{ kind: 'enum', values: unique(constants) }, ...others] : others;
  return joined.length === 1 ? joined[0] : { kind: 'union', of: joined };
}

function unique(values) {
  return [...new Set(values)];
}
