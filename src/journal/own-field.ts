/** Sets an own field, also where its name is `__proto__`. */
export function setField(target: object, key: string | number, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  } else (target as Record<string | number, unknown>)[key] = value;
}
