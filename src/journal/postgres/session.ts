import { createHash } from 'node:crypto';
import type { Queryable } from './driver.ts';

/** "hddl": first number of our advisory locks, among those of others. */
export const LOCK_SPACE = 0x6864646c;

/** What may stand in a parameter. */
export type SqlValue = string | number | boolean | Buffer | null | readonly string[] | readonly number[];

/** Statements on one connection, or on any of the pool. */
export interface Session {
  /** Runs one statement, prepared; its rows. */
  query<Row extends object>(text: string, ...values: readonly SqlValue[]): Promise<readonly Row[]>;
}

/** Turns `heddle.` in statements into the schema that was named. */
export class SchemaName {
  readonly name: string;
  readonly #prefix: string;
  readonly #statements = new Map<string, { readonly name: string; readonly text: string }>();
  /** Second number of the advisory lock of who changes tables. */
  readonly tablesLockKey: number;
  /** Second number of the advisory lock of large values. */
  readonly valuesLockKey: number;

  constructor(schema: string) {
    this.name = schema;
    this.#prefix = `${quoteName(schema)}.`;
    const digest = createHash('sha1').update(schema).digest();
    this.tablesLockKey = digest.readInt32BE(0);
    this.valuesLockKey = digest.readInt32BE(4);
  }

  /** A statement with the name of the schema in it. */
  textOf(text: string): string {
    return text.replaceAll('heddle.', this.#prefix);
  }

  /** The same, with a name by which connections keep it prepared. */
  statementOf(text: string): { readonly name: string; readonly text: string } {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const whole = this.textOf(text);
    const statement = { name: `heddle-${createHash('sha1').update(whole).digest('hex')}`, text: whole };
    this.#statements.set(text, statement);
    return statement;
  }
}

/** A session on a connection, or on a pool. */
export function sessionOn(client: Queryable, schema: SchemaName): Session {
  return {
    query: async <Row extends object>(text: string, ...values: readonly SqlValue[]) => {
      const { rows } = await client.query({ ...schema.statementOf(text), values: [...values] });
      return rows as readonly Row[];
    },
  };
}

/** A name as SQL quotes it. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
