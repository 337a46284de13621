import { failType, failValue } from '../expression-error.ts';
import type { FunctionEntry } from '../library.ts';
import { toJson } from '../text.ts';
import { describe, expectInteger, expectString, isObject, entriesOf } from '../values.ts';
import { toText } from '../text.ts';

const MAX_INDENT = 10;

function parseJson(value: unknown): unknown {
  const text = expectString('parse_json', value);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    return failValue(`parse_json cannot read this as JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function base64(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return Buffer.from(expectString('base64', value), 'utf8').toString('base64');
}

function unbase64(value: unknown): string {
  const text = expectString('unbase64', value).replaceAll(/\s/g, '');
  if (!/^[\w+/-]*={0,2}$/.test(text)) return failValue('unbase64 got text that is not base64.');
  return Buffer.from(text, 'base64').toString('utf8');
}

function urlEncode(value: unknown): string {
  if (isObject(value))
    return entriesOf(value)
      .map(([key, each]) => `${encode(key)}=${encode(toText(each))}`)
      .join('&');
  if (typeof value === 'function') return failType(`url_encode takes a string or an object, not ${describe(value)}.`);
  return encode(toText(value));
}

function encode(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '\uFFFD'));
}

export const ENCODING_FUNCTIONS: readonly FunctionEntry[] = [
  {
    name: 'json',
    signature: 'json(value, indent = 0)',
    min: 1,
    max: 2,
    owned: true,
    summary: 'The value as JSON, indented by so many spaces.',
    example: { expression: 'json({a: [1, null]})', result: '{"a":[1,null]}' },
    call: (value, indent = 0) => {
      if (typeof value === 'function') return failType('json takes a value, not a lambda.');
      return toJson(value, Math.min(MAX_INDENT, Math.max(0, expectInteger('json', indent))));
    },
  },
  {
    name: 'parse_json',
    signature: 'parse_json(text)',
    min: 1,
    max: 1,
    owned: true,
    summary: 'The value that JSON text stands for.',
    example: { expression: `parse_json('{"a": 1}').a`, result: 1 },
    call: parseJson,
  },
  {
    name: 'base64',
    signature: 'base64(text)',
    min: 1,
    max: 1,
    owned: true,
    summary: 'The UTF-8 bytes of the text in base64.',
    example: { expression: "base64('héd')", result: 'aMOpZA==' },
    call: base64,
  },
  {
    name: 'unbase64',
    signature: 'unbase64(text)',
    min: 1,
    max: 1,
    owned: true,
    summary: 'The text that base64 (or its URL form) stands for.',
    example: { expression: "unbase64('aGk=')", result: 'hi' },
    call: unbase64,
  },
  {
    name: 'url_encode',
    signature: 'url_encode(value)',
    min: 1,
    max: 1,
    owned: true,
    summary: 'The text escaped for a URL; of an object, a query string.',
    example: { expression: "url_encode({q: 'a b&c', n: 2})", result: 'q=a%20b%26c&n=2' },
    call: urlEncode,
  },
];
