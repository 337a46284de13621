import { describe, expect, test } from 'vitest';
import { defineWorkflow } from '../../src/index.ts';
import { hasRedis } from '../servers/redis-server.ts';
import ACTIONS from './actions.ts';
import { REDIS } from './place.ts';
import { recordedFailures } from './record.ts';
import { Stage } from './stage.ts';
import { verdict } from './verdict.ts';
import { BEFORE, spread } from './workflow.ts';

const ITEMS = 300;
const POISON = 123;
/** So that deaths are found soon, of which there are many. */
const LOCK_MS = 1000;

describe.runIf(hasRedis)('what kills whoever works on it', () => {
  const stage = Stage.create(REDIS);

  test.each([
    { name: 'by a signal, three times', answer: 'die', interruptions: 3 },
    { name: 'by ending its process, five times', answer: 'exit', interruptions: 5 },
  ] as const)('an iteration, $name: it alone fails', async ({ answer, interruptions }) => {
    const { witness } = stage;
    const workflow = spread({
      items: ITEMS,
      task: { concurrency: 8, 'on-item-failure': 'continue', tolerate: 1 },
      limits: { interruptions },
    });
    const { output } = await stage.undisturbed(workflow, {}, ({ index }) => (index === POISON ? 'fail' : 'ok'));
    expect(output).toMatchObject({ failures: [POISON], stats: { succeeded: ITEMS - 1, failed: 1 } });
    witness.answer = ({ index }) => (index === POISON ? answer : 'ok');
    let run = '';
    const losses = await stage.keep(2, () => run, { lockMs: LOCK_MS });
    run = await stage.enqueue(workflow);
    const twice = await verdict(stage, run, { output, items: ITEMS, losses });
    // A death is not known of before which others were recorded, and its start was not yet: these get fewer each time.
    const deaths = witness.counts().get(POISON) ?? 0;
    expect(deaths).toBeGreaterThanOrEqual(interruptions);
    expect(deaths).toBeLessThanOrEqual(interruptions + 3);
    expect(losses).toHaveLength(deaths);
    expect(await recordedFailures(stage.backend.journal, run)).toEqual([[POISON, 'HEDDLE_POISON']]);
    console.log(`${deaths} deaths by iteration ${POISON}: others happened ${twice - deaths + 1} times again`);
  });

  test('a step of the run, five times: it fails, and what handles that goes on', async () => {
    const { witness } = stage;
    const input = (index: number): object => ({ port: '<< parameters.port >>', index });
    const workflow = defineWorkflow(
      {
        name: 'bomb',
        parameters: { port: { type: 'integer', required: true } },
        limits: { interruptions: 5 },
        tasks: [
          {
            name: 'before',
            action: 'fault.effect',
            input: input(BEFORE),
            next: [{ when: '<< failed() >>', publish: { code: '<< error().code >>' }, do: 'after' }],
          },
          { name: 'after', action: 'fault.effect', input: input(1) },
        ],
        output: { code: '<< workflow.code >>' },
      },
      { actions: ACTIONS },
    );
    witness.answer = ({ index }) => (index === BEFORE ? 'die' : 'ok');
    let run = '';
    const losses = await stage.keep(2, () => run, { lockMs: LOCK_MS });
    run = await stage.enqueue(workflow);
    await stage.settled(run);
    expect(await stage.queue.result(run)).toMatchObject({ status: 'succeeded', output: { code: 'HEDDLE_POISON' } });
    const deaths = witness.counts().get(BEFORE) ?? 0;
    expect([5, 6]).toContain(deaths);
    expect(losses).toHaveLength(deaths);
    expect(witness.counts().get(1)).toBe(1);
  });
});
