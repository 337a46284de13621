import { parseDuration, type YamlPath } from '../workflow/index.ts';
import type { Expectation, ExpectedError, Mock, MockError, Rehearsal, Rerun } from './definition.ts';
import type { ExpectEntry, MockEntry, RehearsalEntry, RehearsalFile, RerunEntry } from './schema.ts';

/** What time it is at the start of a rehearsal that does not say. */
const DEFAULT_NOW_MS = Date.UTC(2026, 0, 1);

/** The rehearsals of a file that fits the schema, with what the file says for all of them merged in. */
export function normalise(file: RehearsalFile): readonly Rehearsal[] {
  const shared = (file.mocks ?? []).map((mock, index) => normaliseMock(mock, ['mocks', index]));
  if (file.rehearsals === undefined) return [toRehearsal(file, { name: file.name ?? '' }, [], shared)];
  return file.rehearsals.map((entry, index) => {
    const path = ['rehearsals', index];
    const own = (entry.mocks ?? []).map((mock, at) => normaliseMock(mock, [...path, 'mocks', at]));
    return toRehearsal(file, entry, path, [...own, ...shared]);
  });
}

function toRehearsal(file: RehearsalFile, entry: RehearsalEntry, path: YamlPath, mocks: readonly Mock[]): Rehearsal {
  const expect = entry.expect ?? file.expect ?? {};
  const cancel = entry.cancel ?? file.cancel;
  const rerun = entry.rerun ?? file.rerun ?? [];
  const rerunPath = entry.rerun === undefined ? ['rerun'] : [...path, 'rerun'];
  return {
    name: entry.name,
    path,
    namePath: [...path, 'name'],
    workflow: entry.workflow ?? file.workflow ?? '',
    workflowPath: entry.workflow === undefined ? ['workflow'] : [...path, 'workflow'],
    parameters: { ...file.parameters, ...entry.parameters },
    config: { ...file.config, ...entry.config },
    secrets: { ...file.secrets, ...entry.secrets },
    env: { ...file.env, ...entry.env },
    nowMs: timeOf(entry.now ?? file.now),
    mocks,
    allow: [...(file.allow ?? []), ...(entry.allow ?? [])],
    ...(cancel === undefined ? {} : { cancelAfterMs: parseDuration(String(cancel)) ?? 0 }),
    expect: normaliseExpect(expect, entry.expect === undefined ? ['expect'] : [...path, 'expect']),
    reruns: Array.isArray(rerun)
      ? rerun.map((each, at) => normaliseRerun(each, [...rerunPath, at]))
      : [normaliseRerun(rerun, rerunPath)],
  };
}

function normaliseRerun({ from, mocks = [], expect = {} }: RerunEntry, path: YamlPath): Rerun {
  return {
    path,
    ...(from === undefined ? {} : { from: [from].flat() }),
    mocks: mocks.map((mock, at) => normaliseMock(mock, [...path, 'mocks', at])),
    expect: normaliseExpect(expect, [...path, 'expect']),
  };
}

function timeOf(text: string | undefined): number {
  return text === undefined ? DEFAULT_NOW_MS : Date.parse(text);
}

function normaliseMock(entry: MockEntry, path: YamlPath): Mock {
  return {
    path,
    ...(entry.task === undefined ? {} : { task: entry.task }),
    ...(entry.workflow === undefined ? {} : { workflow: entry.workflow }),
    ...(entry.action === undefined ? {} : { action: entry.action }),
    ...(entry.item === undefined ? {} : { items: [entry.item].flat() }),
    ...(entry.execution === undefined ? {} : { executions: [entry.execution].flat() }),
    ...(entry.attempt === undefined ? {} : { attempts: [entry.attempt].flat() }),
    ...(entry.input === undefined ? {} : { input: entry.input }),
    ...(entry.times === undefined ? {} : { times: entry.times }),
    status: entry.status ?? (entry.error === undefined ? 'succeeded' : 'failed'),
    result: entry.result ?? null,
    ...(entry.error === undefined ? {} : { error: errorOf(entry.error) }),
    delayMs: entry.delay === undefined ? 0 : (parseDuration(String(entry.delay)) ?? 0),
    isOptional: entry.optional ?? false,
  };
}

function errorOf(error: string | MockError): MockError {
  return typeof error === 'string' ? { message: error } : error;
}

function normaliseExpect(entry: ExpectEntry, path: YamlPath): Expectation {
  const { errors, status, 'tasks-unordered': tasksUnordered, 'output-contains': outputContains, ...rest } = entry;
  return {
    path,
    ...rest,
    status: status ?? 'succeeded',
    ...(tasksUnordered === undefined ? {} : { tasksUnordered }),
    ...(outputContains === undefined ? {} : { outputContains }),
    ...(errors === undefined
      ? {}
      : { errors: errors.map((error, at) => expectedError(error, [...path, 'errors', at])) }),
  };
}

function expectedError(entry: NonNullable<ExpectEntry['errors']>[number], path: YamlPath): ExpectedError {
  const { 'message-contains': messageContains, ...rest } = entry;
  return { path, ...rest, ...(messageContains === undefined ? {} : { messageContains }) };
}
