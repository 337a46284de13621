/** Options of `openCoordination`. */
export interface CoordinationOptions {
  /**
   * `redis://` or `rediss://[user:password@]host[:port][/database][?prefix=NAME]`, or
   * `postgres://[user:password@]host[:port]/database[?schema=NAME]`; what stands in the URL wins.
   */
  readonly url: string;
  /** Redis: begins all keys, as `{prefix}:coordination:`, and is the hash tag of a cluster. Default `heddle`. */
  readonly prefix?: string;
  /** PostgreSQL: where the tables are; made where there is none. Default `heddle`. */
  readonly schema?: string;
  /** PostgreSQL: connections at most. Default 4. */
  readonly maxConnections?: number;
  /** How long a call waits for a server that is away, in milliseconds. Default 30000. */
  readonly patienceMs?: number;
  /** How long a call may stay without an answer before its connection counts as broken, in milliseconds. Default 30000. */
  readonly silenceMs?: number;
  /** Milliseconds since the epoch, for permits, rates and workers. Default the clock of the server. */
  readonly now?: () => number;
}
