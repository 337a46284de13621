import {
  AND,
  COALESCE,
  COMPARISON,
  CONDITIONAL,
  KEYWORDS,
  NOT,
  OR,
  POWERS,
  UNARY,
} from '../../expression/precedence.ts';

/** What is known of a value before it is there. */
export type StaticType = 'list' | 'object' | 'text' | 'number' | 'bool' | 'any';

/** An expression of heddle as text, with what is needed to put it into another one. */
export interface Code {
  readonly text: string;
  /** Its binding power: what holds it tighter puts parentheses around it. */
  readonly power: number;
  readonly type: StaticType;
  /** Its elements are `{ key, value }` where the other language had pairs of key and value. */
  readonly pairs?: boolean;
  /** Where it makes lists of such elements: what gives the elements themselves. */
  readonly entries?: Code;
  /** What it stands for where it is a literal. */
  readonly literal?: string | number | boolean | null;
}

/** The binding power of names and calls: behind it only `.`, `[]` and `()`. */
export const ACCESS = UNARY + 1;

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Whether a text can stand where heddle wants a name. */
export function isIdentifier(text: string): boolean {
  return IDENTIFIER.test(text) && !KEYWORDS.has(text);
}

/** Names and calls: text that never needs parentheses. */
export function atom(text: string, type: StaticType = 'any'): Code {
  return { text, power: ACCESS, type };
}

/** A scalar as heddle writes it. */
export function literalCode(value: string | number | boolean | null): Code {
  const type =
    typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : value === null ? 'any' : 'bool';
  return { ...atom(typeof value === 'string' ? quoted(value) : String(value), type), literal: value };
}

const ESCAPED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\', "'": "\\'" };

/** In apostrophes, or in quotation marks where that saves escapes. */
function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inside = text.replace(/[\n\r\t\\']/g, (one) => (one === "'" && mark === '"' ? one : (ESCAPED[one] ?? one)));
  return mark + inside + mark;
}

/** The text of code where something with this binding power holds it. */
export function within(code: Code, power: number): string {
  return code.power < power ? `(${code.text})` : code.text;
}

/** A call of a function. */
export function callCode(name: string, parts: readonly (Code | string)[], type: StaticType = 'any'): Code {
  return atom(`${name}(${parts.map((part) => (typeof part === 'string' ? part : part.text)).join(', ')})`, type);
}

/** `left operator right`, which binds as heddle's operators do. */
export function binaryCode(operator: string, left: Code, right: Code, type: StaticType = 'any'): Code {
  const power = operator === 'not in' ? COMPARISON : (POWERS[operator] ?? COMPARISON);
  const chains = power !== COMPARISON;
  const text = `${within(left, chains ? power : power + 1)} ${operator} ${within(right, power + 1)}`;
  return { text, power, type };
}

/** `not value`. */
export function notCode(value: Code): Code {
  return { text: `not ${within(value, NOT)}`, power: NOT, type: 'bool' };
}

/** `-value`. */
export function minusCode(value: Code): Code {
  return { text: `-${within(value, UNARY)}`, power: UNARY, type: 'number' };
}

/** `test ? then : otherwise`. */
export function conditionalCode(test: Code, then: Code, otherwise: Code): Code {
  const type = then.type === otherwise.type ? then.type : 'any';
  const text = `${within(test, COALESCE)} ? ${within(then, CONDITIONAL)} : ${within(otherwise, CONDITIONAL)}`;
  return { text, power: CONDITIONAL, type };
}

/** `object.name`, or with brackets where the name is none. */
export function memberCode(object: Code, name: string, optional = false): Code {
  const base = within(object, ACCESS);
  if (isIdentifier(name)) return atom(`${base}${optional ? '?.' : '.'}${name}`);
  return atom(`${base}${optional ? '?.' : ''}[${literalCode(name).text}]`);
}

/** `object[index]`. */
export function indexCode(object: Code, index: Code): Code {
  if (typeof index.literal === 'string') return memberCode(object, index.literal);
  return atom(`${within(object, ACCESS)}[${index.text}]`);
}

/** `[a, b]`. */
export function listCode(items: readonly Code[]): Code {
  return atom(`[${items.map((item) => item.text).join(', ')}]`, 'list');
}

/** `{ a: 1 }`. */
export function objectCode(entries: readonly (readonly [key: string, value: Code])[]): Code {
  if (entries.length === 0) return atom('{}', 'object');
  const inside = entries.map(([key, value]) => `${isIdentifier(key) ? key : literalCode(key).text}: ${value.text}`);
  return atom(`{ ${inside.join(', ')} }`, 'object');
}

/** `parameter => body`; an object needs no parentheses in heddle. */
export function lambdaText(parameters: readonly string[], body: Code): string {
  const [only] = parameters;
  return `${parameters.length === 1 ? String(only) : `(${parameters.join(', ')})`} => ${body.text}`;
}

/** A value as text, where it is to be joined to one. */
export function textOf(code: Code): Code {
  return code.type === 'text' ? code : callCode('string', [code], 'text');
}

/** `value ?? other`. */
export function otherwiseCode(value: Code, other: Code): Code {
  return { text: `${within(value, COALESCE)} ?? ${within(other, COALESCE + 1)}`, power: COALESCE, type: other.type };
}

/** Parts joined by `and` or `or`. */
export function allOf(operator: 'and' | 'or', parts: readonly Code[]): Code {
  const power = operator === 'and' ? AND : OR;
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  return { text: parts.map((part) => within(part, power + 1)).join(` ${operator} `), power, type: 'bool' };
}
