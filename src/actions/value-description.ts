const MAX_CHARACTERS = 60;

/** A value as an error shows it: short, with its type, whatever it is: `5 (number)`, `'abc' (string)`, `a list of 3`. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  switch (typeof value) {
    case 'string':
      return `'${shorten(value)}' (string)`;
    case 'number':
    case 'boolean':
    case 'bigint':
      return `${String(value)} (${typeof value})`;
    case 'object':
      if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
      return describeObject(value);
    default:
      return `a ${typeof value}`;
  }
}

function describeObject(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return `a ${value.constructor.name}`;
  const keys = Object.keys(value);
  return keys.length === 0 ? 'an empty mapping' : `a mapping with ${shorten(keys.join(', '))}`;
}

function shorten(text: string): string {
  return text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS - 1)}…`;
}
