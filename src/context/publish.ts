import { enablePatches, Immer } from 'immer';
import { HeddleError } from '../errors/index.ts';
import type { Patch } from './patch.ts';
import type { Variables } from './variables.ts';

enablePatches();
// heddle freezes a value when it is first handed to an action, so Immer need not walk everything it returns.
const immer = new Immer({ autoFreeze: false });

/** One value to publish. `path` leads into the variable; empty: the variable itself. */
export interface PublishEntry {
  readonly slot: number;
  readonly path: readonly string[];
  readonly value: unknown;
}

/**
 * A version of the variables with one entry published; everything that did not change is shared. Patches of the change
 * are appended to `patches` where it is given.
 *
 * @throws HEDDLE_EXPRESSION_TYPE where the path leads through something that is neither an object nor a list.
 */
export function publishEntry(variables: Variables, entry: PublishEntry, patches: Patch[] | null): Variables {
  const name = variables.table.names[entry.slot] as string;
  const before = variables.at(entry.slot);
  const value = entry.value === undefined ? null : entry.value;
  if (entry.path.length === 0) {
    patches?.push({ op: before === undefined ? 'add' : 'replace', path: [name], value });
    return variables.with(entry.slot, value);
  }
  const root: unknown = before ?? {};
  requireContainer(root, name, entry.path, 0);
  return variables.with(
    entry.slot,
    change(root, name, before === undefined, patches, (draft) => setIn(draft, name, entry.path, value)),
  );
}

/**
 * A version of the variables changed by an Immer recipe over all of them; everything that did not change is shared.
 * Patches of the change are appended to `patches` where it is given.
 */
export function publishRecipe(
  variables: Variables,
  recipe: (draft: Record<string, unknown>) => void,
  patches: Patch[] | null,
): Variables {
  const before = variables.toObject();
  const [after, changes] = immer.produceWithPatches(before, (draft) => recipe(draft));
  patches?.push(...(changes as Patch[]));
  let next = variables;
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (after[name] !== before[name]) next = next.with(variables.table.slot(name), after[name]);
  }
  return next;
}

function change(
  root: object,
  name: string,
  isNew: boolean,
  patches: Patch[] | null,
  recipe: (draft: object) => void,
): object {
  if (patches === null) return immer.produce(root, recipe);
  const [after, changes] = immer.produceWithPatches(root, recipe);
  if (isNew) patches.push({ op: 'add', path: [name], value: after });
  else for (const patch of changes) patches.push({ ...patch, path: [name, ...patch.path] } as Patch);
  return after;
}

function setIn(draft: object, name: string, path: readonly string[], value: unknown): void {
  let place = draft as Record<string, unknown>;
  for (let depth = 0; depth < path.length - 1; depth++) {
    const key = path[depth] as string;
    if (!Object.hasOwn(place, key) || place[key] === null || place[key] === undefined) place[key] = {};
    const next = place[key];
    requireContainer(next, name, path, depth + 1);
    place = next as Record<string, unknown>;
  }
  const last = path[path.length - 1] as string;
  if (Array.isArray(place) && !/^\d+$/.test(last)) throw notContainer(place, name, path, path.length - 1);
  place[last] = value;
}

function requireContainer(
  value: unknown,
  name: string,
  path: readonly string[],
  depth: number,
): asserts value is object {
  if (typeof value !== 'object' || value === null) throw notContainer(value, name, path, depth);
}

function notContainer(value: unknown, name: string, path: readonly string[], depth: number): HeddleError {
  const where = [name, ...path.slice(0, depth)].join('.');
  const found = Array.isArray(value) ? 'a list, which has numbers for keys' : `a ${typeof value}`;
  return new HeddleError(
    'HEDDLE_EXPRESSION_TYPE',
    `cannot publish '${[name, ...path].join('.')}': '${where}' is ${found}; publish '${where}' as a whole instead`,
  );
}
