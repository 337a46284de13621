/** A scalar of an expression as JavaScript. */
export function literal(value: string | number | boolean | null): string {
  if (typeof value === 'string') return quote(value);
  return value === Number.POSITIVE_INFINITY ? '(1/0)' : String(value);
}

/** A key of an object literal in generated code; `__proto__` becomes an own property like any other. */
export function propertyKey(key: string): string {
  return key === '__proto__' ? '["__proto__"]' : quote(key);
}

/** A string as JavaScript: JSON, with the line separators that older JavaScript would end a string at. */
export function quote(text: string): string {
  return JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}
