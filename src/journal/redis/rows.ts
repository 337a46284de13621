import { decodeWhole } from '../decode.ts';
import type { ForkOrigin, ReceivedRequest, RecordedStatus, RunRequest, RunSummary } from '../journal.ts';
import { unpack } from '../packed.ts';
import type { RunPlace } from '../runs-cursor.ts';
import { ROW_FIELDS } from './scripts/read.ts';

/** A row as scripts give it: a buffer, or null, for each of {@link ROW_FIELDS}. */
export type Row = readonly (Buffer | null)[];

type Field = (typeof ROW_FIELDS)[number];

const PLACES = new Map<Field, number>(ROW_FIELDS.map((name, at) => [name, at]));
/** Digits of a run's number in its member. */
const NUMBER_DIGITS = 16;

/** What lists show of a run. */
export function summaryOf(row: Row): RunSummary {
  const parentRun = textOf(row, 'parentRun');
  const fork = bytesOf(row, 'fork');
  const labels = textOf(row, 'labels');
  const summary = bytesOf(row, 'summary');
  return {
    id: idOfMember(textOf(row, 'member') ?? ''),
    workflow: textOf(row, 'workflow') ?? '',
    definitionHash: textOf(row, 'definition') ?? '',
    status: (textOf(row, 'status') ?? '') as RecordedStatus,
    createdAtMs: Number(textOf(row, 'createdAtMs')),
    startedAtMs: numberOf(row, 'startedAtMs'),
    endedAtMs: numberOf(row, 'endedAtMs'),
    parent: parentRun === null ? null : { run: parentRun, task: textOf(row, 'parentTask') ?? '' },
    piece: bytesOf(row, 'piece') !== null,
    fork: fork === null ? null : (decodeWhole(unpack(fork).data) as ForkOrigin),
    labels: labels === null ? {} : (JSON.parse(labels) as Record<string, string>),
    summary: summary === null ? null : decodeWhole(unpack(summary).data),
  };
}

/** Requests, oldest first, of what HGETALL gives: id and packed request in turn. */
export function requestsOf(flat: readonly Buffer[]): readonly ReceivedRequest[] {
  const requests: ReceivedRequest[] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const [id, packed] = flat.slice(at, at + 2);
    if (packed === undefined) continue;
    requests.push({ id: Number(String(id)), request: decodeWhole(unpack(packed).data) as RunRequest });
  }
  return requests.sort((a, b) => a.id - b.id);
}

/** The place of a row in a list. */
export function placeOf(row: Row): RunPlace {
  return {
    createdAtMs: Number(textOf(row, 'createdAtMs')),
    order: Number(textOf(row, 'member')?.slice(0, NUMBER_DIGITS)),
  };
}

/** The id of a run from its member in a sorted set. */
export function idOfMember(member: string): string {
  return member.slice(NUMBER_DIGITS + 1);
}

/** A run's number as it stands in a member. */
export function numberText(order: number): string {
  return String(order).padStart(NUMBER_DIGITS, '0');
}

function bytesOf(row: Row, name: Field): Buffer | null {
  return row[PLACES.get(name) ?? -1] ?? null;
}

function textOf(row: Row, name: Field): string | null {
  return bytesOf(row, name)?.toString() ?? null;
}

function numberOf(row: Row, name: Field): number | null {
  const text = textOf(row, name);
  return text === null ? null : Number(text);
}
