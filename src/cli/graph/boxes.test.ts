import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DrawnGraph } from '../../plan/graph.ts';
import { drawBoxes } from './boxes.ts';

/** `a>b b>c`, with `!` before a label. */
function graphOf(text: string, details: Record<string, Partial<DrawnGraph['nodes'][number]>> = {}): DrawnGraph {
  const edges = text
    .split(' ')
    .filter((pair) => pair.includes('>'))
    .map((pair) => {
      const [ends = '', label] = pair.split('!');
      const [from = '', to = ''] = ends.split('>');
      return { from, to, kind: 'transition' as const, ...(label === undefined ? {} : { label }) };
    });
  const names = [...new Set(text.split(' ').flatMap((pair) => (pair.split('!')[0] ?? '').split('>')))];
  return {
    nodes: names.map((name) => ({ name, action: 'noop', withItems: false, start: false, ...details[name] })),
    edges,
  };
}
const draw = (text: string, options: { ascii?: boolean; columns?: number } = {}, details = {}): string =>
  `\n${drawBoxes(graphOf(text, details), { ascii: false, columns: 80, ...options })}\n`;

describe('drawing', () => {
  test('a chain', () => {
    expect(draw('a>b')).toMatchInlineSnapshot(`
      "
      ╭──────╮
      │  a   │
      │ noop │
      ╰──┬───╯
         ▼
      ╭──────╮
      │  b   │
      │ noop │
      ╰──────╯
      "
    `);
  });

  test('a diamond', () => {
    expect(draw('start>left start>right left>join right>join')).toMatchInlineSnapshot(`
      "
           ╭───────╮
           │ start │
           │ noop  │
           ╰───┬───╯
         ╭─────┴─────╮
         ▼           ▼
      ╭──────╮   ╭───────╮
      │ left │   │ right │
      │ noop │   │ noop  │
      ╰──┬───╯   ╰───┬───╯
         ╰─────┬─────╯
               ▼
            ╭──────╮
            │ join │
            │ noop │
            ╰──────╯
      "
    `);
  });

  test('a cycle, and a loop of one task', () => {
    expect(draw('a>b b>c c>a c>c c>d')).toMatchInlineSnapshot(`
      "
           ╭──────╮
           │  a   │
           │ noop │
           ╰┬────┬╯
            ▲    │
            │    ▼
            │ ╭──────╮
            │ │  b   │
            │ │ noop │
            │ ╰──┬───╯
            │    ▼
      ╭─────┴──────────╮
      │       c        │
      │ noop · ↻ loops │
      ╰───────┬────────╯
              ▼
           ╭──────╮
           │  d   │
           │ noop │
           ╰──────╯
      "
    `);
  });

  test('lines that cross', () => {
    expect(draw('a>x a>y b>x b>y')).toMatchInlineSnapshot(`
      "
      ╭──────╮     ╭──────╮
      │  a   │     │  b   │
      │ noop │     │ noop │
      ╰──┬───╯     ╰──┬───╯
         ├──────────╮ │
         │  ╭───────│─┴╮
         ▼  ▼       ▼  ▼
       ╭──────╮   ╭──────╮
       │  x   │   │  y   │
       │ noop │   │ noop │
       ╰──────╯   ╰──────╯
      "
    `);
  });

  test('what is told of a task', () => {
    expect(draw('a>b!succeeded()', {}, { a: { withItems: true }, b: { join: 'all' } })).toMatchInlineSnapshot(`
      "
      ╭───────────────────╮
      │         a         │
      │ noop · with-items │
      ╰─────────┬─────────╯
                ▼
       ╭─────────────────╮
       │        b        │
       │ noop · join all │
       ╰─────────────────╯

      a → b  when succeeded()
      "
    `);
  });

  test('ASCII', () => {
    expect(draw('a>b a>c b>d c>d d>a', { ascii: true })).toMatchInlineSnapshot(`
      "
                 +------+
                 |  a   |
                 | noop |
                 +-+--+-+
                   |  ^
         +---------++ +---+
         v          v     |
      +------+   +------+ |
      |  b   |   |  c   | |
      | noop |   | noop | |
      +--+---+   +--+---+ |
         +---------++ +---+
                   v  |
                 +----+-+
                 |  d   |
                 | noop |
                 +------+
      "
    `);
  });

  test('what is too wide goes from left to right', () => {
    expect(draw('a>b a>c a>d', { columns: 22 })).toMatchInlineSnapshot(`
      "
                 ╭──────╮
               ╭▶│  b   │
               │ │ noop │
               │ ╰──────╯
               │
               │
      ╭──────╮ │
      │  a   │ │ ╭──────╮
      │ noop ├─┼▶│  c   │
      │      │ │ │ noop │
      ╰──────╯ │ ╰──────╯
               │
               │
               │
               │ ╭──────╮
               ╰▶│  d   │
                 │ noop │
                 ╰──────╯
      "
    `);
  });

  test('nothing', () => {
    expect(drawBoxes({ nodes: [], edges: [] }, { ascii: false, columns: 80 })).toBe('(no tasks)');
  });
});

test('whatever the graph, every task has its box and every edge its arrow', () => {
  const size = fc.integer({ min: 1, max: 12 });
  const graphs = size.chain((count) =>
    fc.record({
      count: fc.constant(count),
      edges: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 2 * count }),
    }),
  );
  fc.assert(
    fc.property(graphs, fc.constantFrom(20, 80, 400), ({ count, edges }, columns) => {
      const nodes = Array.from({ length: count }, (_, index) => ({
        name: `task_${index}_`,
        action: 'noop',
        withItems: false,
        start: false,
      }));
      const drawn = edges.map(([from, to]) => ({ from: `task_${from}_`, to: `task_${to}_`, kind: 'needs' as const }));
      const text = drawBoxes({ nodes, edges: drawn }, { ascii: false, columns });
      for (const node of nodes) expect(text.split(node.name)).toHaveLength(2);
      // The corners of the boxes are round, and lines never run over them.
      const targets = new Set(drawn.filter((edge) => edge.from !== edge.to).map((edge) => edge.to));
      expect((text.match(/[▼▲▶◀]/g) ?? []).length).toBeGreaterThanOrEqual(targets.size);
    }),
    { numRuns: 60 },
  );
});
