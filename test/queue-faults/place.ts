import { PostgresServer } from '../servers/postgres-server.ts';
import { RedisServer } from '../servers/redis-server.ts';

/** A server of a queue that tests may kill: what it has answered survives that. */
export interface QueueServer {
  readonly port: number;
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Where a queue lies. */
export interface Place {
  readonly start: () => Promise<QueueServer>;
  /** Of a queue there; `port`: of the server, or of what stands before it. */
  readonly url: (server: QueueServer, prefix: string, port?: number) => string;
}

export const REDIS: Place = {
  start: () => RedisServer.start(),
  url: ({ port }, prefix, at = port) => `redis://127.0.0.1:${at}/0?prefix=${prefix}`,
};

export const POSTGRES: Place = {
  start: () => PostgresServer.start(),
  url: (server, prefix, at = server.port) => {
    const url = new URL((server as PostgresServer).url());
    url.port = String(at);
    url.searchParams.set('prefix', prefix);
    return url.href;
  },
};
