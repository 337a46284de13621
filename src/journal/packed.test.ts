import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encode, hashOf } from './encode.ts';
import { pack, packSmaller, PART_BYTES, partCount, split, unpack } from './packed.ts';
import { noise } from './testing/conformance.ts';

const packedOf = (value: unknown): Buffer => pack(encode(value, () => {}));

describe('a packed value', () => {
  test('reads back, compressed or not, with the same hash', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.anything({ withDate: true, withMap: true, withBigInt: true }),
        fc.nat(3),
        async (value, n) => {
          const encoded = encode([value, noise(17_000), 'x'.repeat(n * 30_000)], () => {});
          const packed = pack(encoded);
          expect(unpack(packed)).toEqual(unpack(await packSmaller(packed)));
          expect(hashOf(unpack(await packSmaller(packed)))).toBe(hashOf(encoded));
        },
      ),
      { numRuns: 50 },
    );
  });

  test('is compressed where that makes it a tenth smaller', async () => {
    const rows = packedOf(Array.from({ length: 5000 }, (_, id) => ({ id, status: 'ok', region: 'north' })));
    expect((await packSmaller(rows)).length).toBeLessThan(rows.length / 4);
    const random = packedOf(new Uint8Array(randomBytes(300_000)));
    expect(await packSmaller(random)).toBe(random);
    const small = packedOf(new Uint8Array(randomBytes(20_000)));
    expect(await packSmaller(small)).toBe(small);
  });

  test('is compressed where only a part of it can be', async () => {
    const mixed = packedOf(new Uint8Array(Buffer.concat([randomBytes(100_000), Buffer.alloc(400_000)])));
    expect((await packSmaller(mixed)).length).toBeLessThan(110_000);
  });

  test.each([
    [PART_BYTES, null],
    [PART_BYTES + 1, 2],
    [3 * PART_BYTES, 3],
  ])('of %d bytes is split into %s', (length, count) => {
    const packed = Buffer.concat([Buffer.of(1), randomBytes(length - 1)]);
    const apart = split(packed);
    expect(apart?.parts.length ?? null).toBe(count);
    expect(partCount(apart?.head ?? packed)).toBe(count);
    if (apart !== null) expect(Buffer.concat(apart.parts).equals(packed)).toBe(true);
  });
});
