import { parseTemplate } from '../../template/index.ts';
import type { WithItemsDefinition } from '../../workflow/index.ts';
import { taskRule } from '../rule.ts';

/** A range of fewer elements is kept without anybody noticing. */
const MANY = 10_000;

/** Results of an iteration over a file or a long range that are all kept, and that nothing reads. */
export const unreadResults = taskRule('HEDDLE_LINT_UNREAD_RESULTS', 'warning', (task, { reading }, report) => {
  const { withItems, name } = task;
  if (withItems === undefined || withItems.results !== 'all' || withItems.aggregate !== undefined) return;
  if (reading.results === 'all' || reading.results.has(name) || !isHuge(withItems)) return;
  report(
    {
      message: `All results of '${name}' are kept, and nothing reads them.`,
      hint: 'Add `results: none` or `results: failures`, or `aggregate` what matters.',
    },
    { path: withItems.path, what: 'key' },
  );
});

function isHuge({ source }: WithItemsDefinition): boolean {
  if (source.kind === 'file') return true;
  const { value } = source;
  const { kind, parts } = parseTemplate(typeof value === 'string' ? value : '');
  const part = kind === 'expression' ? parts.find((each) => each.type === 'expression') : undefined;
  const node = part?.node;
  if (node?.type !== 'call' || node.name !== 'range') return false;
  const ends = node.arguments.map((argument) => (argument.type === 'literal' ? Number(argument.value) : NaN));
  // `range(b)`, `range(a, b)`, `range(a, b, step)`; an end that is computed may be anything.
  const [first = NaN, last = NaN] = ends.length === 1 ? [0, ends[0]] : ends;
  return !(Math.abs(last - first) / Math.abs(ends[2] ?? 1) < MANY);
}
