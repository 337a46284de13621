import { expect, test } from 'vitest';
import type { DrawnGraph } from '../../plan/graph.ts';
import { toDot } from './dot.ts';
import { toMermaid } from './mermaid.ts';

const graph: DrawnGraph = {
  nodes: [
    { name: 'fetch', action: 'http.get', withItems: false, start: true },
    { name: 'check', action: 'core.noop', withItems: true, start: false },
    { name: 'end', action: 'core.noop', withItems: false, start: false, join: 'all' },
    { name: 'tidy', action: 'sub "x".yaml', withItems: false, start: false },
  ],
  edges: [
    { from: 'fetch', to: 'check', kind: 'transition', label: 'result() > "a"\n#1' },
    { from: 'check', to: 'end', kind: 'sequence' },
    { from: 'fetch', to: 'end', kind: 'needs' },
    { from: 'fetch', to: 'tidy', kind: 'data' },
  ],
};

test('Mermaid', () => {
  expect(toMermaid(graph)).toBe(
    [
      'flowchart TD',
      '  t0(["fetch<br/><small>http.get</small>"])',
      '  t1[["check<br/><small>core.noop · with-items</small>"]]',
      '  t2{{"end<br/><small>core.noop · join all</small>"}}',
      '  t3["tidy<br/><small>sub #quot;x#quot;.yaml</small>"]',
      '  t0 -->|"result() #gt; #quot;a#quot; #35;1"| t1',
      '  t1 --> t2',
      '  t0 -.-> t2',
      '  t0 -.-> t3',
    ].join('\n'),
  );
});

test('DOT', () => {
  expect(toDot('my "flow"', graph)).toBe(
    [
      'digraph "my \\"flow\\"" {',
      '  node [shape=box, style=rounded, fontname="sans-serif"];',
      '  "fetch" [label="fetch\\nhttp.get", style="rounded,bold"];',
      '  "check" [label="check\\ncore.noop · with-items", peripheries=2];',
      '  "end" [label="end\\ncore.noop · join all", shape=hexagon];',
      '  "tidy" [label="tidy\\nsub \\"x\\".yaml"];',
      '  "fetch" -> "check" [label="result() > \\"a\\"\\n#1"];',
      '  "check" -> "end";',
      '  "fetch" -> "end" [style=dashed];',
      '  "fetch" -> "tidy" [style=dotted];',
      '}',
    ].join('\n'),
  );
});
