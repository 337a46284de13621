import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sealer } from './sealer.ts';

const TOKEN = 'tök-3n/+="s3cr3t"';
const sealer = new Sealer({ keystore: { token: TOKEN, deep: { pin: 123456 }, key: 'first line\nsecond line' } });

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('sealing', () => {
  it.each<[string, unknown]>([
    ['the secret itself', TOKEN],
    ['inside a text', `Bearer ${TOKEN}, twice: ${TOKEN}`],
    ['deep in a value', { a: [1, { b: `x${TOKEN}` }], c: null }],
    ['as a key', { [TOKEN]: 1, other: 2 }],
    ['a number', { pin: 123456, text: 'pin 123456' }],
    ['a line of it', 'log: second line'],
    ['in base64', base64(TOKEN)],
    ['in base64 after one byte', base64(`u${TOKEN}`)],
    ['in base64 after a name', `Basic ${base64(`user:${TOKEN}`)}`],
    ['in base64, something behind it', base64(`${TOKEN}; and more`)],
    ['in base64url', Buffer.from(TOKEN).toString('base64url')],
    ['in hex', Buffer.from(TOKEN).toString('hex')],
    ['in an address', `https://x/?t=${encodeURIComponent(TOKEN)}`],
    ['in JSON', JSON.stringify({ token: TOKEN })],
    [
      'as bytes',
      new Uint8Array(
        Buffer.from(`key first line
`),
      ),
    ],
    ['in a Map and a Set', new Map<unknown, unknown>([[TOKEN, new Set([TOKEN])]])],
    ['a mapping that looks like ours', { $heddle: { text: [TOKEN] }, x: 1 }],
  ])('%s: nothing of it is left, and it comes back', (_, value) => {
    const sealed = sealer.seal(value);
    const written = JSON.stringify(sealed, (_, each: unknown) =>
      each instanceof Map || each instanceof Set ? [...each] : each,
    );
    const letters = Buffer.from('s3cr3t').toString('base64').slice(0, 7);
    for (const part of ['tök', 's3cr3t', '123456', 'second', letters]) expect(written).not.toContain(part);
    expect(sealer.open(sealed)).toEqual(value);
  });

  it('uses what the secret is on resume', () => {
    const renewed = new Sealer({ keystore: { token: 'new', deep: { pin: 5 } } });
    expect(renewed.open(sealer.seal({ a: `Bearer ${TOKEN}`, b: 123456 }))).toEqual({ a: 'Bearer new', b: 5 });
  });

  it('shares what holds no secret', () => {
    const value = { a: [1, 'x'], date: new Date(0) };
    expect(sealer.seal(value)).toBe(value);
    expect(sealer.open(value)).toBe(value);
    expect(new Sealer({ keystore: {} }).isActive).toBe(false);
  });

  it('gives back any value exactly', () => {
    const secret = fc.constantFrom('abc', '$heddle', 'a\nlonger line\nab', '/x+y=zz');
    fc.assert(
      fc.property(secret, fc.jsonValue(), fc.string(), (text, value, around) => {
        const own = new Sealer({ keystore: { text } });
        const mixed = { value, [text]: [around + text + around], list: [text + text, base64(around + text)] };
        expect(own.open(own.seal(mixed))).toEqual(mixed);
      }),
    );
  });
});
