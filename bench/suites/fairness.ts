import { Executor, parseWorkflow } from '../../src/index.ts';
import { compare } from '../harness/comparison.ts';
import { action } from './flow.ts';
import { loopText } from './loop.ts';

const ITEMS_TEXT = `
tasks:
  - name: work
    action: bench.step
    with-items: "<< range(0, 1000000) >>"
    results: none
    input: { x: << item >> }
`;

const step = ({ x }: { x: number }): number => x + 1;

export const fairness = compare<string>({
  name: 'fairness',
  title: 'The longest stretch without a turn of the event loop, while 1,000,000 synchronous steps run',
  unit: 'ns',
  each: 'the longest stretch',
  cases: { items: ITEMS_TEXT, loop: loopText(1_000_000) },
  variants: [
    {
      name: 'heddle',
      role: 'heddle',
      prepare: (text) => {
        const workflow = parseWorkflow(text, { actions: [action('step', step)] });
        return {
          measure: async () => {
            let longestMs = 0;
            let cpu = process.cpuUsage();
            let atMs = performance.now();
            let isOver = false;
            const watch = (): void => {
              // The clock counts what others on the machine do, processor time what helper threads do beside us: the
              // stretch was no longer than either.
              const { user, system } = process.cpuUsage(cpu);
              const nowMs = performance.now();
              longestMs = Math.max(longestMs, Math.min(nowMs - atMs, (user + system) / 1e3));
              cpu = process.cpuUsage();
              atMs = nowMs;
              if (!isOver) setImmediate(watch);
            };
            setImmediate(watch);
            await new Promise((resolve) => setImmediate(resolve));
            await new Executor().run(workflow);
            isOver = true;
            return longestMs * 1e6;
          },
        };
      },
    },
  ],
  note: 'The smaller of elapsed time and processor time: neither what others do on the machine nor helper threads count.',
});
