import { nearest } from '../errors/nearest.ts';
import type { Diagnostic, YamlDocument, YamlPath } from '../workflow/index.ts';
import type { Rehearsal } from './definition.ts';
import type { Outline } from './outline.ts';
import { asWritten } from './read.ts';

/** A `HEDDLE_UNKNOWN_TASK` for every task that a rehearsal names and its workflow does not have. */
export function checkNames(rehearsal: Rehearsal, outline: Outline, document: YamlDocument): readonly Diagnostic[] {
  const { expect } = rehearsal;
  const own = new Set(outline.tasks);
  const found: Diagnostic[] = [];

  function check(name: string, known: ReadonlySet<string>, path: YamlPath, what: 'key' | 'value'): void {
    if (known.has(name)) return;
    const near = nearest(name, [...known]);
    const message =
      `The workflow ${rehearsal.workflow} has no task '${name}'` +
      (near === undefined ? `; it has ${[...known].join(', ')}.` : '.');
    const finding = {
      code: 'HEDDLE_UNKNOWN_TASK',
      message,
      ...(near === undefined ? {} : { suggestion: near }),
    } as const;
    found.push(document.diagnose(finding, { path: asWritten(document, path), what }));
  }

  for (const mock of rehearsal.mocks) {
    if (mock.task !== undefined && !outline.isOpen) check(mock.task, outline.allTasks, [...mock.path, 'task'], 'value');
  }
  for (const [key, names] of [
    ['tasks', expect.tasks],
    ['tasks-unordered', expect.tasksUnordered],
  ] as const) {
    for (const [index, name] of (names ?? []).entries()) check(name, own, [...expect.path, key, index], 'value');
  }
  for (const key of ['statuses', 'executions', 'attempts', 'results', 'items'] as const) {
    for (const name of Object.keys(expect[key] ?? {})) check(name, own, [...expect.path, key, name], 'key');
  }
  for (const name of Object.keys(expect.inputs ?? {})) {
    if (!outline.isOpen) check(name, outline.allTasks, [...expect.path, 'inputs', name], 'key');
  }
  for (const { path, task } of expect.errors ?? []) {
    if (typeof task === 'string') check(task, own, [...path, 'task'], 'value');
  }
  return found;
}
