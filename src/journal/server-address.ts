import { HeddleError } from '../errors/index.ts';

/** A host with its port. */
export interface Host {
  readonly host: string;
  readonly port: number;
}

/** A Redis: one server, one that Sentinels watch, or a Cluster. */
export interface RedisAddress {
  readonly kind: 'redis';
  readonly mode: 'single' | 'sentinel' | 'cluster';
  /** The server itself, the Sentinels, or some nodes of the Cluster. */
  readonly hosts: readonly [Host, ...Host[]];
  readonly isTls: boolean;
  readonly user: string | null;
  readonly password: string | null;
  readonly database: number;
  /** What the Sentinels call the primary; null elsewhere. */
  readonly master: string | null;
  /** Password of the Sentinels themselves, from `?sentinel-password=`. */
  readonly sentinelPassword: string | null;
  /** From `?prefix=`; null: not named. */
  readonly prefix: string | null;
  /** For messages: without passwords and options. */
  readonly name: string;
}

/** A PostgreSQL. */
export interface PostgresAddress {
  readonly kind: 'postgres';
  /** As its library reads it, without `?prefix=`. */
  readonly url: string;
  readonly prefix: string | null;
  readonly name: string;
}

/** Where a journal or a queue lies. */
export type ServerAddress = RedisAddress | PostgresAddress;

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26_379;

const FORM = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/?#]*)@)?([^@/?#]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/i;

/**
 * Reads the URL of a server:
 *
 * - `redis://[[user]:password@]host[:6379][/database]`
 * - `redis+sentinel://[[user]:password@]host[:26379][,host…]/MASTER[/database]`, with `?sentinel-password=` where they have one
 * - `redis+cluster://[[user]:password@]host[:6379][,host…]`
 * - `postgres://[user[:password]@]host[:port]/database`, or `postgresql://`
 *
 * `rediss` in place of `redis` speaks TLS. All take `?prefix=NAME`.
 *
 * @throws HEDDLE_USAGE
 * @example parseServerAddress('redis+sentinel://:secret@s1,s2:26380/main/2').mode; // 'sentinel'
 */
export function parseServerAddress(text: string): ServerAddress {
  const scheme = /^[a-z][a-z+]*(?=:\/\/)/i.exec(text)?.[0]?.toLowerCase() ?? '';
  if (scheme === 'postgres' || scheme === 'postgresql') return parsePostgres(text);
  const [, protocol, mode, credentials, authority, path = '', query] = FORM.exec(text) ?? [];
  if (protocol === undefined || authority === undefined) throw unreadable();
  const parameters = new URLSearchParams(query);
  const isSentinel = mode?.toLowerCase() === 'sentinel';
  const isCluster = mode?.toLowerCase() === 'cluster';
  const parts = path === '' ? [] : path.split('/').map(decode);
  const master = isSentinel ? parts.shift() : undefined;
  if (isSentinel && (master === undefined || master === '')) {
    throw unreadable(
      'after the Sentinels comes /, and what they call the primary: redis+sentinel://host1,host2/MASTER',
    );
  }
  const database = readDatabase(parts);
  if (isCluster && database !== 0) throw unreadable('a Cluster has database 0 only');
  const [first, ...others] = authority.split(',').map((one) => readHost(one, isSentinel ? SENTINEL_PORT : REDIS_PORT));
  if (first === undefined || (others.length > 0 && mode === undefined)) {
    throw unreadable('several hosts are for redis+sentinel:// and redis+cluster://');
  }
  const { user, password } = readCredentials(credentials);
  const place = isSentinel ? `/${master}` : '';
  return {
    kind: 'redis',
    mode: isSentinel ? 'sentinel' : isCluster ? 'cluster' : 'single',
    hosts: [first, ...others],
    isTls: protocol.toLowerCase() === 'rediss',
    user,
    password,
    database,
    master: master ?? null,
    sentinelPassword: parameters.get('sentinel-password'),
    prefix: parameters.get('prefix'),
    name: `${scheme}://${user === null ? '' : `${user}@`}${authority}${place}${database === 0 ? '' : `/${database}`}`,
  };
}

function parsePostgres(text: string): PostgresAddress {
  if (!URL.canParse(text)) throw unreadable();
  const url = new URL(text);
  if (url.host === '') throw unreadable();
  const prefix = url.searchParams.get('prefix');
  url.searchParams.delete('prefix');
  const user = url.username === '' ? '' : `${url.username}@`;
  const name = `${url.protocol}//${user}${url.host}${url.pathname === '/' ? '' : url.pathname}`;
  return { kind: 'postgres', url: url.href, prefix, name };
}

function readHost(text: string, defaultPort: number): Host {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port ?? 0) > 65_535) throw unreadable('one of the hosts has another form');
  return { host, port: port === undefined ? defaultPort : Number(port) };
}

function readDatabase(parts: readonly string[]): number {
  const [text = '', ...more] = parts;
  if (more.length > 0 || !/^\d{0,5}$/.test(text)) throw unreadable('the number of the database comes last, as in /2');
  return Number(text);
}

function readCredentials(text: string | undefined): { readonly user: string | null; readonly password: string | null } {
  if (text === undefined || text === '') return { user: null, password: null };
  const colon = text.indexOf(':');
  const user = decode(colon === -1 ? text : text.slice(0, colon));
  const password = colon === -1 ? '' : decode(text.slice(colon + 1));
  return { user: user === '' ? null : user, password: password === '' ? null : password };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unreadable('a % in it is not followed by two hexadecimal digits; write %25 for the sign itself');
  }
}

/** Never shows the text, which may hold a password. */
function unreadable(what = 'it has another form'): HeddleError {
  return new HeddleError(
    'HEDDLE_USAGE',
    `The URL of the server cannot be read: ${what}. Expected redis://, rediss://, redis+sentinel://, redis+cluster:// or postgres://, for example redis://user:password@host:6379/0.`,
  );
}
