/** Options of `openCoordination`. */
export interface CoordinationOptions {
  /** As for `openBroker`. May name the prefix, `?prefix=team`, or in PostgreSQL the schema, `?schema=team`. */
  readonly url: string;
  /**
   * Begins all keys in Redis, as `{prefix}:coordination:`, and is the hash tag of a Cluster; names the schema in PostgreSQL,
   * which is made where there is none. Default what the URL says, else `heddle`.
   */
  readonly prefix?: string;
  /** PostgreSQL: connections at most. Default 4. */
  readonly maxConnections?: number;
  /** How long a call waits for a server that is away, in milliseconds. Default 30000. */
  readonly patienceMs?: number;
  /** How long a call may stay without an answer before its connection counts as broken, in milliseconds. Default 30000. */
  readonly silenceMs?: number;
  /** Milliseconds since the epoch, for permits, rates and workers. Default the clock of the server. */
  readonly now?: () => number;
}

/** What both servers are opened with. */
export interface ServerOptions {
  readonly prefix: string;
  readonly maxConnections: number;
  readonly patienceMs: number;
  readonly silenceMs: number;
  readonly now: (() => number) | null;
}
