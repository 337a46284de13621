import type { ContextShape } from '../context/index.ts';
import type { WorkflowDefinition } from '../workflow/definition.ts';
import type { Report } from './check-graph.ts';
import { analyseDominance, type IsBehind } from './dominators.ts';
import type { TaskGraph } from './graph.ts';
import { taskRead } from './references.ts';
import type { TextReference } from './text-compiler.ts';

/** What reads results, before and after each task has run, and before any of them. */
export interface Readers {
  readonly tasks: readonly { readonly before: readonly TextReference[]; readonly after: readonly TextReference[] }[];
  readonly vars: readonly TextReference[];
}

/** Reports reads of results that cannot be there yet: of a task that runs only after the reader has. */
export function checkReads(
  definition: WorkflowDefinition,
  graph: TaskGraph,
  readers: Readers,
  shape: ContextShape,
  report: Report,
): void {
  const say = (text: TextReference, message: string, hint: string): void => {
    const { reference } = text;
    if (reference === undefined) return;
    const within = reference.pathSpans[0] ?? { start: reference.start, end: reference.end };
    report({ code: 'HEDDLE_RESULT_BEFORE_RUN', message, hint }, { path: text.path, within });
  };
  for (const text of readers.vars) {
    if (taskRead(text, shape) === undefined) continue;
    say(text, '`vars` are set before any task has run', 'Publish the value from a transition instead.');
  }
  let isBehind: IsBehind | null = null;
  readers.tasks.forEach((reader, slot) => {
    const name = definition.tasks[slot]?.name ?? '';
    const check = (text: TextReference, ownIsThere: boolean): void => {
      const read = taskRead(text, shape);
      if (typeof read !== 'number' || text.reference?.guarded === true || graph.onCycle[slot] === true) return;
      if (read === slot && ownIsThere) return;
      isBehind ??= analyseDominance(graph);
      if (!isBehind(read, slot)) return;
      const task = definition.tasks[read]?.name ?? '';
      const message =
        read === slot
          ? `'${name}' reads its own result before it has one`
          : `'${name}' reads the result of '${task}', which runs only after it`;
      const hint =
        read === slot ? 'Only its transitions can read it.' : `Let '${task}' come first, or read it with \`??\`.`;
      say(text, message, hint);
    };
    for (const text of reader.before) check(text, false);
    for (const text of reader.after) check(text, true);
  });
}
