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
 * @throws HEDDLE_EXPRESSION_TYPE where the path leads through something that is neither an object nor a list, or leads
 * beyond the end of a list.
 */
export function publishEntry(variables: Variables, entry: PublishEntry, patches: Patch[] | null): Variables {
  const name = variables.table.names[entry.slot] as string;
  const before = variables.at(entry.slot);
  const value = entry.value === undefined ? null : entry.value;
  if (entry.path.length === 0) {
    patches?.push({ op: before === undefined ? 'add' : 'replace', path: [name], value });
    return variables.with(entry.slot, value);
  }
  requirePath(before ?? {}, name, entry.path);
  return variables.with(
    entry.slot,
    change(before, name, patches, (draft) => setIn(draft, entry.path, value)),
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

function change(before: unknown, name: string, patches: Patch[] | null, recipe: (draft: object) => void): object {
  const root = before ?? {};
  if (patches === null) return immer.produce(root, recipe);
  const [after, changes] = immer.produceWithPatches(root, recipe);
  if (before === undefined) patches.push({ op: 'add', path: [name], value: after });
  else if (before === null) patches.push({ op: 'replace', path: [name], value: after });
  else for (const patch of changes) patches.push({ ...patch, path: [name, ...patch.path] });
  return after;
}

function setIn(draft: object, path: readonly string[], value: unknown): void {
  let place = draft as Record<string, unknown>;
  for (const key of path.slice(0, -1)) {
    if (!Object.hasOwn(place, key)) place[key] = {};
    place = (place[key] ??= {}) as Record<string, unknown>;
  }
  place[path[path.length - 1] as string] = value;
}

/** Checks before there is a draft that a path can be followed or made; Immer's own errors say nothing to an author. */
function requirePath(root: unknown, name: string, path: readonly string[]): void {
  if (path.includes('__proto__')) {
    throw cannotPublish(name, path, "a key cannot be named '__proto__'; choose another name");
  }
  let place = root;
  for (const [depth, key] of path.entries()) {
    if (!isPlainContainer(place)) throw notContainer(place, name, path, depth);
    if (Array.isArray(place)) requireIndex(place, name, path, depth);
    place = Object.hasOwn(place, key) ? (place as Record<string, unknown>)[key] : undefined;
    if (place === undefined || place === null) return;
  }
}

function requireIndex(list: readonly unknown[], name: string, path: readonly string[], depth: number): void {
  const key = path[depth] as string;
  if (!/^(0|[1-9]\d*)$/.test(key)) throw notContainer(list, name, path, depth);
  if (Number(key) <= list.length) return;
  const where = `'${[name, ...path.slice(0, depth)].join('.')}' is a list of ${list.length}`;
  throw cannotPublish(name, path, `${where}; the index of a new element is ${list.length}`);
}

/** What Immer makes drafts of; anything else, such as an instance of a class, it would change in place. */
function isPlainContainer(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function notContainer(value: unknown, name: string, path: readonly string[], depth: number): HeddleError {
  const where = [name, ...path.slice(0, depth)].join('.');
  return cannotPublish(name, path, `'${where}' is ${nounOf(value)}; publish '${where}' as a whole instead`);
}

function nounOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list, which has numbers for keys';
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  return `a ${value.constructor.name}`;
}

function cannotPublish(name: string, path: readonly string[], why: string): HeddleError {
  return new HeddleError('HEDDLE_EXPRESSION_TYPE', `cannot publish '${[name, ...path].join('.')}': ${why}`);
}
