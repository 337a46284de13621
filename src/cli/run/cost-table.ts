import type { RunResult } from '../../executor/events.ts';
import type { Output } from '../terminal.ts';
import { formatTable, type Alignment } from '../text/columns.ts';
import { formatBytes, formatCount } from '../text/quantities.ts';

const HEAD = [
  'task',
  'iterations',
  'shared',
  'owned each',
  'owned most',
  'copying instead',
  'fork',
  'render',
  'action',
  'collect',
];
const ALIGNMENTS: readonly Alignment[] = HEAD.map((_, index) => (index === 0 ? 'left' : 'right'));

/**
 * What the iterations of each with-items task share and own, with what it would take if each had a copy of its own, and
 * the mean times of its parts.
 */
export function formatCost({ tasks }: Pick<RunResult, 'tasks'>, output: Output): string {
  const { color } = output;
  const rows = Object.entries(tasks).flatMap(([name, { cost }]) => {
    if (cost === undefined) return [];
    const { iterations, sharedBytes, ownedBytesPerItem, maxOwnedBytes } = cost;
    const times = [cost.forkNs, cost.renderNs, cost.actionNs, cost.collectNs].map(formatNanoseconds);
    const copied = iterations * (sharedBytes + ownedBytesPerItem);
    return [
      [
        name,
        formatCount(iterations),
        ...[sharedBytes, ownedBytesPerItem, maxOwnedBytes, copied].map(formatBytes),
        ...times,
      ],
    ];
  });
  if (rows.length === 0) return color.dim('no task has items: nothing is shared');
  const [head = '', ...lines] = formatTable([HEAD, ...rows], ALIGNMENTS);
  return [color.bold(head), ...lines].join('\n');
}

function formatNanoseconds(nanoseconds: number): string {
  if (nanoseconds < 1000) return `${Math.round(nanoseconds)} ns`;
  if (nanoseconds < 1e6) return `${(nanoseconds / 1000).toFixed(1)} µs`;
  return nanoseconds < 1e9 ? `${(nanoseconds / 1e6).toFixed(1)} ms` : `${(nanoseconds / 1e9).toFixed(1)} s`;
}
