/** A copy of a value in which the place that `path` leads to holds `value`; what is not on the way is shared. */
export function setIn(root: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(root)) {
    const list: unknown[] = root.slice();
    list[Number(key)] = setIn(list[Number(key)], rest, value);
    return list;
  }
  const fields = new Map<string, unknown>(typeof root === 'object' && root !== null ? Object.entries(root) : []);
  fields.set(key, setIn(fields.get(key), rest, value));
  return Object.fromEntries(fields);
}
