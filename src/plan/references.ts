import type { ContextShape } from '../context/index.ts';
import type { TextReference } from './text-compiler.ts';

const TASK_ROOTS: ReadonlySet<string> = new Set(['task', 'tasks']);
const TASK_CALLS: ReadonlySet<string> = new Set(['status', 'attempts', 'stats', 'failures']);

/** The task whose result a reference reads; `all` where it is named only while it is evaluated; undefined: none. */
export function taskRead(text: TextReference, shape: ContextShape): number | 'all' | undefined {
  const { reference } = text;
  if (reference === undefined || !TASK_ROOTS.has(reference.root)) return undefined;
  const [name] = reference.path;
  return name === undefined ? 'all' : shape.tasks.find(name);
}

/** Tasks whose results are read. */
export function readsOf(
  shape: ContextShape,
  ...lists: readonly (readonly TextReference[])[]
): ReadonlySet<number> | 'all' {
  const slots = new Set<number>();
  for (const references of lists) {
    for (const text of references) {
      const slot = taskRead(text, shape);
      if (slot === 'all') return 'all';
      if (slot !== undefined) slots.add(slot);
    }
  }
  return slots;
}

/** Tasks that have to come first in `order: dataflow`: those whose results, status, counts or failures are read. */
export function orderingReads(references: readonly TextReference[], shape: ContextShape): Set<number> {
  const slots = new Set<number>();
  for (const text of references) {
    const read = taskRead(text, shape);
    if (typeof read === 'number') slots.add(read);
    const { call } = text;
    const name = call !== undefined && TASK_CALLS.has(call.name) ? call.literals[0] : undefined;
    const slot = name === undefined ? undefined : shape.tasks.find(name);
    if (slot !== undefined) slots.add(slot);
  }
  return slots;
}
