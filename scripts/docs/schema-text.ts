import { code } from './markdown.ts';

/** The part of JSON Schema that the built-in actions use. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly minLength?: number;
}

/** A schema's type in the words of the documentation: `list of text`, `"a" or "b"`, `integer ≥ 1`. */
export function typeText(schema: Schema): string {
  const { anyOf, oneOf } = schema;
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum !== undefined) return alternatives(schema.enum.map((value) => code(JSON.stringify(value))));
  const union = anyOf ?? oneOf;
  if (union !== undefined) return alternatives(union.map(typeText));
  if (typeof schema.type === 'object') return alternatives(schema.type.map((type) => typeText({ ...schema, type })));
  switch (schema.type) {
    case undefined:
      return schema.properties === undefined ? 'anything' : mapping(schema);
    case 'array':
      return `list${schema.items === undefined ? '' : ` of ${partText(schema.items)}`}${schema.minItems === 1 ? ', not empty' : ''}`;
    case 'object':
      return mapping(schema);
    case 'string':
      return `string${schema.minLength === undefined ? '' : ', not empty'}`;
    default:
      return `${schema.type}${bounds(schema.minimum, schema.maximum)}`;
  }
}

function alternatives(texts: readonly string[]): string {
  const different = [...new Set(texts)];
  return different.length < 2
    ? (different[0] ?? 'nothing')
    : `${different.slice(0, -1).join(', ')} or ${different.at(-1) ?? ''}`;
}

/** A type within another: a choice is put into parentheses, so that it is clear how far it goes. */
function partText(schema: Schema): string {
  const text = typeText(schema);
  return text.includes(' or ') ? `(${text})` : text;
}

function mapping(schema: Schema): string {
  const names = Object.keys(schema.properties ?? {});
  if (names.length > 0) return `mapping of ${names.map(code).join(', ')}`;
  const values = schema.additionalProperties;
  return typeof values === 'object' && Object.keys(values).length > 0 ? `mapping to ${partText(values)}` : 'mapping';
}

function bounds(minimum: number | undefined, maximum?: number): string {
  if (minimum !== undefined && maximum !== undefined) return ` ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` ≥ ${minimum}`;
  return maximum === undefined ? '' : ` ≤ ${maximum}`;
}
