/** Whether a value can be iterated over synchronously; a string, which can, is a scalar here. */
export function isIterable(value: object): value is Iterable<unknown> {
  return typeof (value as { [Symbol.iterator]?: unknown })[Symbol.iterator] === 'function';
}
