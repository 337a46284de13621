const frozen = new WeakSet<object>();

/**
 * Freezes a value and everything inside it, once per value: a value that was handed to this function before costs one
 * look-up. Plain objects and lists are frozen; Dates, Maps, Sets, buffers and iterators are left, since freezing them
 * protects nothing.
 */
export function deepFreeze(root: object): void {
  if (frozen.has(root)) return;
  const stack: object[] = [root];
  // Somebody else may have frozen an object without freezing what is inside it, so "frozen" alone does not stop the walk.
  const visited = new Set<object>();
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    if (Object.isFrozen(value)) {
      if (frozen.has(value) || visited.has(value)) continue;
      visited.add(value);
    } else if (isFreezable(value)) {
      Object.freeze(value);
    } else {
      continue;
    }
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++) {
        const element: unknown = value[index];
        if (typeof element === 'object' && element !== null) stack.push(element);
      }
    } else {
      for (const key in value) {
        const field: unknown = (value as Record<string, unknown>)[key];
        if (typeof field === 'object' && field !== null) stack.push(field);
      }
    }
  }
  frozen.add(root);
}

/** Whether a value went through {@link deepFreeze} as a whole. */
export function isDeepFrozen(value: object): boolean {
  return frozen.has(value);
}

function isFreezable(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
