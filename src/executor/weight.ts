/**
 * About how many bytes a value takes in a journal, at most a little over `limit`: a measure to compare by, which costs
 * less than to write it. Default limit: none.
 */
export function weightOf(value: unknown, limit = Infinity): number {
  let weight = 0;
  const rest: unknown[] = [value];
  while (rest.length > 0 && weight <= limit) {
    const next = rest.pop();
    if (typeof next === 'string') weight += next.length + 2;
    else if (typeof next !== 'object' || next === null) weight += 4;
    else if (ArrayBuffer.isView(next)) weight += next.byteLength;
    else if (Array.isArray(next) || next instanceof Set) weight += pushAll(rest, next);
    else if (next instanceof Map) weight += pushAll(rest, next.keys()) + pushAll(rest, next.values());
    else {
      weight += 2;
      for (const key in next) {
        weight += key.length + 2;
        rest.push((next as Record<string, unknown>)[key]);
      }
    }
  }
  return weight;
}

/** Gives the weight of the list itself. */
function pushAll(rest: unknown[], list: Iterable<unknown>): number {
  for (const element of list) rest.push(element);
  return 2;
}
