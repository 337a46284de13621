import type { Session } from './session.ts';

const MONTH = /^entries_(\d{4})_(\d{2})$/;

/** A month in UTC. */
interface Month {
  readonly year: number;
  /** From 1. */
  readonly month: number;
}

/** A partition of entries. */
export interface Partition {
  readonly name: string;
  /** As PostgreSQL reads times. */
  readonly from: string;
  readonly to: string;
}

/** The partitions that this month and the next need and that are not there. */
export async function missingPartitions(session: Session): Promise<readonly Partition[]> {
  const [now] = await session.query<{ year: number; month: number }>(
    `SELECT extract(year FROM now() AT TIME ZONE 'UTC')::int AS year, extract(month FROM now() AT TIME ZONE 'UTC')::int AS month`,
  );
  if (now === undefined) return [];
  const there = new Set((await partitions(session)).map(({ name }) => name));
  return [now, next(now)].map(partitionOf).filter(({ name }) => !there.has(name));
}

/** Statements that make a partition. Attached rather than made in place, so that nobody who reads has to wait. */
export function creationOf({ name, from, to }: Partition): string {
  return `
    CREATE TABLE heddle.${name} (LIKE heddle.entries INCLUDING ALL);
    ALTER TABLE heddle.entries ATTACH PARTITION heddle.${name} FOR VALUES FROM ('${from}') TO ('${to}');`;
}

/** The partitions there are, the oldest first. */
export async function partitions(session: Session): Promise<readonly Partition[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT child.relname AS name FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
     WHERE inhparent = to_regclass('heddle.entries') ORDER BY child.relname`,
  );
  return rows.flatMap(({ name }) => {
    const match = MONTH.exec(name);
    return match === null ? [] : [partitionOf({ year: Number(match[1]), month: Number(match[2]) })];
  });
}

/** Partitions of months that are over, in which no run is left. */
export async function emptyPartitions(session: Session): Promise<readonly Partition[]> {
  const empty: Partition[] = [];
  for (const partition of await partitions(session)) {
    const [found] = await session.query<{ is_empty: boolean }>(
      `SELECT $2::timestamptz < now() - interval '1 day' AND NOT EXISTS (
         SELECT 1 FROM heddle.runs JOIN heddle.leases ON run = key
         WHERE NOT is_removed AND first_at < $2::timestamptz AND last_at >= $1::timestamptz) AS is_empty`,
      partition.from,
      partition.to,
    );
    if (found?.is_empty === true) empty.push(partition);
  }
  return empty;
}

function partitionOf(month: Month): Partition {
  const { year, month: number } = month;
  return { name: `entries_${year}_${twoDigits(number)}`, from: firstDay(month), to: firstDay(next(month)) };
}

function next({ year, month }: Month): Month {
  return month === 12 ? { year: year + 1, month: 1 } : { year, month: month + 1 };
}

function firstDay({ year, month }: Month): string {
  return `${year}-${twoDigits(month)}-01 00:00:00+00`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
