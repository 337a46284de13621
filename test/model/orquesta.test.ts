import { describe, expect, it } from 'vitest';
import { interpret } from './interpreter.ts';
import { REHEARSALS } from './orquesta.ts';

describe('Orquesta rehearsals', () => {
  it('are all there', () => {
    expect(new Set(REHEARSALS.map(({ name }) => name)).size).toBe(45);
  });

  it.each(REHEARSALS)('$name', (rehearsal) => {
    const run = interpret(rehearsal.workflow, rehearsal.script);
    const expected = rehearsal.sequence.map((task) => (typeof task === 'number' ? `task${task}` : task));
    expect([...run.starts].sort()).toEqual([...expected].sort());
    expect(run.status).toBe(rehearsal.status ?? 'succeeded');
    if (rehearsal.variables !== undefined) expect(run.variables).toEqual(rehearsal.variables);
    if (rehearsal.errors !== undefined) expect(run.errors.map(({ task }) => task)).toEqual(rehearsal.errors);
  });
});
