import { libraryMissing } from '../server-url.ts';

/** A statement that connections keep prepared under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

/** What a statement gave. */
export interface Result {
  readonly rows: readonly unknown[];
}

/** The part of a connection of `pg` that the journal uses: its types are not there where the library is not. */
export interface Queryable {
  query(statement: Statement): Promise<Result>;
  query(text: string, values?: unknown[]): Promise<Result>;
}

/** A connection that was taken from a {@link Pool}. */
export interface PooledClient extends Queryable {
  /** Gives it back; true: it is of no use any more. */
  release(isBroken?: boolean): void;
}

/** Connections. */
export interface Pool extends Queryable {
  connect(): Promise<PooledClient>;
  end(): Promise<void>;
}

/** How a server is reached. */
export interface PoolOptions {
  readonly url: URL;
  readonly maxConnections: number;
  /** How long a statement may take, in milliseconds, before its connection counts as broken. */
  readonly silenceMs: number;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** Number of the type `bigint`: counts and sequences, which a number of JavaScript holds. */
const BIGINT = 20;

/** Makes a pool, which connects when it is first used. @throws HEDDLE_JOURNAL_DRIVER */
export async function makePool({ url, maxConnections, silenceMs }: PoolOptions): Promise<Pool> {
  const { default: library } = await import('pg').catch((error: unknown) => {
    throw libraryMissing('pg', error);
  });
  const getTypeParser = (type: number, format?: 'text'): ((value: string) => unknown) =>
    type === BIGINT ? Number : (library.types.getTypeParser(type, format) as (value: string) => unknown);
  const pool = new library.Pool({
    connectionString: url.href,
    max: maxConnections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: silenceMs,
    keepAlive: true,
    application_name: 'heddle',
    types: { getTypeParser: getTypeParser as typeof library.types.getTypeParser },
  });
  // A connection that breaks is found out by who uses it next, also between two of its statements.
  const ignore = (): void => {};
  pool.on('error', ignore);
  pool.on('connect', (client) => void client.on('error', ignore));
  return pool;
}
