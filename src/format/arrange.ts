import { WORKFLOW_KEYS, type KeyOrder } from './key-order.ts';
import {
  isCollection,
  keyName,
  type AnchorUse,
  type Entry,
  type FlowEntry,
  type Leaf,
  type Node,
  type Tree,
} from './tree.ts';

type AnyEntry = Entry | FlowEntry;

/**
 * Puts the keys of a workflow in order and spells heddle's own in kebab-case. Anything that is no workflow, and whatever
 * is the author's own (inputs, variables, parameters, `x-` keys), stays as it is.
 */
export function arrange({ root }: Tree): void {
  const wrapped = valueOf(root.entries, 'workflow');
  // A rehearsal names its workflow, and may have tasks of its own.
  if (wrapped !== null) {
    if (entriesOf(wrapped, 'mapping') !== null) arrangeNode(wrapped, WORKFLOW_KEYS);
  } else if (valueOf(root.entries, 'tasks') !== null) arrangeNode(root, WORKFLOW_KEYS);
}

function valueOf(entries: readonly AnyEntry[], name: string): Node | null {
  return entries.find((entry) => keyName(entry) === name)?.value ?? null;
}

/** The entries of a mapping or a list, in either style. */
function entriesOf(node: Node, kind: 'mapping' | 'sequence'): readonly AnyEntry[] | null {
  if (isCollection(node)) return node.kind === kind ? node.entries : null;
  return node.kind === 'flow' && node.style === kind ? node.entries : null;
}

function arrangeNode(node: Node, order: KeyOrder): void {
  for (const item of entriesOf(node, 'sequence') ?? []) {
    if (item.value !== null && entriesOf(item.value, 'mapping') !== null) arrangeNode(item.value, order.every ?? order);
  }
  const entries = entriesOf(node, 'mapping');
  if (entries === null) return;
  if (order.every !== undefined) {
    for (const { value } of entries) if (value !== null) arrangeNode(value, order.every);
    return;
  }
  for (const entry of entries) {
    respell(entry, entries, order.keys);
    const part = order.parts[keyName(entry) ?? ''];
    if (part !== undefined && entry.value !== null) arrangeNode(entry.value, part);
  }
  if (isCollection(node)) node.entries = sorted(node.entries, order.keys);
  else if (node.kind === 'flow') node.entries = sorted(node.entries, order.keys);
}

function respell(entry: AnyEntry, entries: readonly AnyEntry[], keys: readonly string[]): void {
  const name = keyName(entry);
  const kebab = name?.replaceAll('_', '-');
  if (entry.key === null || name === undefined || kebab === undefined || kebab === name || !keys.includes(kebab))
    return;
  if (entries.some((other) => keyName(other) === kebab)) return;
  const lines = entry.key.lines.map((line) => line.replace(name, kebab));
  const key: Leaf = { ...entry.key, lines, text: kebab };
  entry.key = key;
}

/** Merges first, then heddle's keys in their order, the author's `x-` keys before what may use them, the rest last. */
function sorted<T extends AnyEntry>(entries: readonly T[], keys: readonly string[]): T[] {
  const own = keys.includes('tasks') ? keys.indexOf('parameters') - 0.5 : keys.length;
  const rank = (entry: T): number => {
    const name = keyName(entry);
    if (name === '<<') return -1;
    if (name?.startsWith('x-') === true) return own;
    const index = keys.indexOf(name ?? '');
    return index < 0 ? keys.length : index;
  };
  const inOrder = [...entries].sort((a, b) => rank(a) - rank(b));
  return meanings(inOrder) === meanings(entries) ? inOrder : [...entries];
}

/** What each alias among the entries stands for, and each anchor after them: an order that changes it must not be. */
function meanings(entries: readonly AnyEntry[]): string {
  const anchors = new Map<string, string>();
  const uses: string[] = [];
  entries.forEach((entry) => {
    namesOf(entry).forEach(({ kind, name }, index) => {
      const place = `${keyName(entry) ?? ''}:${index}`;
      if (kind === 'anchor') anchors.set(name, place);
      else uses.push(`${place} ${name} ${anchors.get(name) ?? ''}`);
    });
  });
  return JSON.stringify([uses.sort(), [...anchors].sort()]);
}

function namesOf(entry: AnyEntry): AnchorUse[] {
  const { key, value } = entry;
  if (value === null) return [...(key?.names ?? [])];
  const inside = isCollection(value) || value.kind === 'flow' ? value.entries.flatMap(namesOf) : [];
  return [...(key?.names ?? []), ...value.names, ...inside];
}
