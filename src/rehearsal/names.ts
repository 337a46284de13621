import { nearest } from '../errors/nearest.ts';
import type { Diagnostic, YamlDocument, YamlPath } from '../workflow/index.ts';
import type { Expectation, Mock, Rehearsal } from './definition.ts';
import type { Outline } from './outline.ts';
import { asWritten, invalid } from './read.ts';

/** A `HEDDLE_UNKNOWN_TASK` for every task that a rehearsal names and its workflow does not have. */
export function checkNames(rehearsal: Rehearsal, outline: Outline, document: YamlDocument): readonly Diagnostic[] {
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

  function checkMock({ task, workflow, path }: Mock): void {
    // Which workflow a task runs may be known only while it runs.
    if (outline.isOpen) return;
    if (task !== undefined && !outline.leadsToTask(task)) check(task, outline.allTasks, [...path, 'task'], 'value');
    if (workflow === undefined || outline.workflowsByName.has(workflow)) return;
    const known = [...outline.workflowsByName.keys()];
    const message = `No workflow here is called '${workflow}'; there is ${known.join(', ')}.`;
    found.push(invalid(document, [...path, 'workflow'], message, nearest(workflow, known)));
  }

  function checkExpectation(expect: Expectation): void {
    for (const [key, names] of [
      ['tasks', expect.tasks],
      ['tasks-unordered', expect.tasksUnordered],
      ['terminal', expect.terminal],
    ] as const) {
      for (const [index, name] of (names ?? []).entries()) check(name, own, [...expect.path, key, index], 'value');
    }
    for (const key of ['statuses', 'executions', 'attempts', 'results', 'items'] as const) {
      for (const name of Object.keys(expect[key] ?? {})) check(name, own, [...expect.path, key, name], 'key');
    }
    for (const name of Object.keys(expect.inputs ?? {})) {
      if (outline.isOpen || outline.leadsToTask(name)) continue;
      check(name, outline.allTasks, [...expect.path, 'inputs', name], 'key');
    }
    for (const { path, task } of expect.errors ?? []) {
      if (typeof task === 'string') check(task, own, [...path, 'task'], 'value');
    }
  }

  rehearsal.mocks.forEach(checkMock);
  checkExpectation(rehearsal.expect);
  for (const { path, from = [], mocks, expect } of rehearsal.reruns) {
    for (const [index, name] of from.entries()) {
      const place = [...path, 'from', index];
      check(name, own, document.has(place) ? place : [...path, 'from'], 'value');
    }
    mocks.forEach(checkMock);
    checkExpectation(expect);
  }
  return found;
}
