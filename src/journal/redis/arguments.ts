import { packWhole, pack } from '../packed.ts';
import type { NewRun } from '../journal.ts';
import type { Prepared, PreparedBatch } from '../prepared.ts';
import type { Argument } from './connection.ts';
import type { Outgoing } from './outgoing.ts';

/** A list as a script takes it: how many, then each. */
export function listArguments(items: readonly Argument[]): Argument[] {
  return [items.length, ...items];
}

/** A batch as the script `append` takes it. */
export function batchArguments(
  { batch, entries, summary }: PreparedBatch,
  values: Outgoing,
  isComplete: boolean,
): Argument[] {
  const { answered = [], patch = {}, release = false } = batch;
  const { status = '', startedAtMs = '', endedAtMs = '' } = patch;
  return [
    ...listArguments(entries.map(({ encoded }) => pack(encoded))),
    ...values.args(isComplete),
    ...listArguments(answered),
    status,
    startedAtMs,
    endedAtMs ?? 'null',
    summary === null ? '' : packWhole(summary),
    release ? '1' : '0',
  ];
}

/** The fields of a new run, but those that the script gives it: names and values. */
export function rowArguments(run: NewRun, parameters: Prepared, fork: Buffer | null): Argument[] {
  const { workflow, definition, status, createdAtMs, parent, piece = false, labels } = run;
  const fields: Argument[] = ['workflow', workflow, 'definition', definition.hash, 'status', status];
  fields.push('createdAtMs', createdAtMs, 'parameters', pack(parameters.encoded));
  if (parent !== undefined) fields.push('parentRun', parent.run, 'parentTask', parent.task);
  if (piece) fields.push('piece', '1');
  if (fork !== null) fields.push('fork', fork);
  if (labels !== undefined) fields.push('labels', JSON.stringify(labels));
  for (const [name, value] of Object.entries(labels ?? {})) fields.push(`label:${labelText(name)}`, labelText(value));
  return fields;
}

/** Labels are any text, also such that UTF-8 cannot say. */
export function labelText(text: string): string {
  return JSON.stringify(text);
}
