import { describe, expect, test } from 'vitest';
import { HeddleError } from '../errors/index.ts';
import { parseServerAddress } from './server-address.ts';

describe('the URL of a server', () => {
  test.for([
    ['redis://host', { mode: 'single', hosts: [{ host: 'host', port: 6379 }], isTls: false, database: 0, user: null }],
    ['rediss://host:7000/3', { hosts: [{ host: 'host', port: 7000 }], isTls: true, database: 3 }],
    ['REDIS://[::1]:7000', { hosts: [{ host: '::1', port: 7000 }] }],
    ['redis://:p%40ss%2F@host', { user: null, password: 'p@ss/', name: 'redis://host' }],
    ['redis://me:secret@host/1', { user: 'me', password: 'secret', name: 'redis://me@host/1' }],
    ['redis://me@host', { user: 'me', password: null }],
    ['redis://host/0?prefix=team', { prefix: 'team', name: 'redis://host' }],
    [
      'redis+sentinel://me:pw@one,two:26380/main/2?sentinel-password=other&prefix=p',
      {
        mode: 'sentinel',
        hosts: [
          { host: 'one', port: 26_379 },
          { host: 'two', port: 26_380 },
        ],
        master: 'main',
        database: 2,
        sentinelPassword: 'other',
        prefix: 'p',
        name: 'redis+sentinel://me@one,two:26380/main/2',
      },
    ],
    [
      'rediss+cluster://:pw@one:7000,two:7001',
      {
        mode: 'cluster',
        isTls: true,
        hosts: [
          { host: 'one', port: 7000 },
          { host: 'two', port: 7001 },
        ],
        database: 0,
      },
    ],
    [
      'postgres://me:secret@db:5433/app?prefix=team&sslmode=require',
      {
        kind: 'postgres',
        url: 'postgres://me:secret@db:5433/app?sslmode=require',
        prefix: 'team',
        name: 'postgres://me@db:5433/app',
      },
    ],
    ['postgresql://db', { kind: 'postgres', prefix: null, name: 'postgresql://db' }],
  ] as const)('%s is read', ([url, expected]) => {
    expect(parseServerAddress(url)).toMatchObject(expected);
  });

  test.for([
    'host:6379',
    'http://host',
    'redis://',
    'redis://one,two',
    'redis://host/a',
    'redis://host/1/2',
    'redis://host:99999',
    'redis://ho:st:1',
    'redis://%zz@host',
    'redis+sentinel://host',
    'redis+sentinel://host/main/two',
    'redis+cluster://host/1',
    'redis+other://host',
    'postgres://',
  ])('%s is refused, without showing it', (url) => {
    const read = (): unknown => parseServerAddress(url.replace('://', '://me:hidden@'));
    for (const attempt of [read, () => parseServerAddress(url)]) {
      expect(attempt).toThrow(HeddleError);
      expect(attempt).toThrow(expect.objectContaining({ code: 'HEDDLE_USAGE' }));
      expect(attempt).not.toThrow('hidden');
    }
  });
});
