import { describe, expect, it } from 'vitest';
import { AGGREGATIONS } from '../plan/aggregation.ts';
import type { Aggregation } from '../plan/plan.ts';
import { Folding } from './folding.ts';

const itself = (scope: { readonly item: unknown }): unknown => scope.item;
const AGGREGATES: readonly Aggregation[] = ['sum', 'unique'].map((name) => {
  const kind = AGGREGATIONS[name];
  if (kind === undefined) throw new Error(name);
  return { name, everyStatus: false, ...kind.create([itself], 0) };
});

describe('a folding', () => {
  it('takes the iterations that were folded elsewhere into their place', () => {
    const folding = new Folding(AGGREGATES);
    folding.put(0, [0.1, 'a']);
    // Two that come after those of the other one.
    folding.put(4, [0.4, 'd']);
    folding.put(3, [0.3, 'c']);
    const elsewhere = new Folding(AGGREGATES);
    elsewhere.next = 1;
    elsewhere.put(1, [0.2, 'b']);
    elsewhere.put(2, null);
    folding.append(elsewhere.save().states, elsewhere.next);
    expect(folding.next).toBe(5);
    expect(folding.finish()).toEqual({ sum: 1, unique: ['a', 'b', 'c', 'd'] });
  });
});
