import { HeddleError } from '../../errors/index.ts';

/** What may stand in a column. */
export type SqlValue = string | number | bigint | Uint8Array | null;
/** A row, by the names of its columns. */
export type Row = Readonly<Record<string, SqlValue>>;

/** The part of `StatementSync` that the journal uses. */
export interface Statement {
  run(...parameters: readonly SqlValue[]): {
    readonly changes: number | bigint;
    readonly lastInsertRowid: number | bigint;
  };
  get(...parameters: readonly SqlValue[]): unknown;
  all(...parameters: readonly SqlValue[]): unknown[];
}

/** The part of `DatabaseSync` that the journal uses. */
export interface Database {
  readonly isTransaction?: boolean;
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

/** Opens a file. */
export type Driver = new (file: string, options: { readonly timeout: number }) => Database;

/** Which library is loaded: that of Node.js, or the package with the same interface. */
export type DriverName = 'node' | 'package';

/** `node` where this Node.js has `node:sqlite`. */
export function availableDriver(): DriverName {
  return process.getBuiltinModule('node:module').isBuiltin('node:sqlite') ? 'node' : 'package';
}

/** @throws HEDDLE_JOURNAL_DRIVER */
export async function loadDriver(name: DriverName = availableDriver()): Promise<Driver> {
  try {
    return name === 'node' ? builtin() : (await import('@photostructure/sqlite')).DatabaseSync;
  } catch (cause) {
    throw new HeddleError(
      'HEDDLE_JOURNAL_DRIVER',
      `SQLite could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}. Install heddle again on this machine.`,
      { cause },
    );
  }
}

function builtin(): Driver {
  const emitWarning = Object.getOwnPropertyDescriptor(process, 'emitWarning') ?? {};
  // What users would read at every start is for those who write against it.
  Object.defineProperty(process, 'emitWarning', { value: () => {}, configurable: true });
  try {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite' as 'node:fs') as unknown as {
      DatabaseSync: Driver;
    };
    return DatabaseSync;
  } finally {
    Object.defineProperty(process, 'emitWarning', emitWarning);
  }
}
