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
            let longestUs = 0;
            let before = process.cpuUsage();
            let isOver = false;
            const watch = (): void => {
              // Time this process was computing: what others on the machine do is not a stretch of ours.
              const { user, system } = process.cpuUsage(before);
              longestUs = Math.max(longestUs, user + system);
              before = process.cpuUsage();
              if (!isOver) setImmediate(watch);
            };
            setImmediate(watch);
            await new Promise((resolve) => setImmediate(resolve));
            await new Executor().run(workflow);
            isOver = true;
            return longestUs * 1e3;
          },
        };
      },
    },
  ],
  note: 'In processor time of the process, its threads for garbage collection and compilation included.',
});
