/** One alternative of a group while it is read. */
interface Branch {
  /** Something in it repeats without bound. */
  unbounded: boolean;
  /** Something unbounded in it can stand for any text, delimiters included. */
  anything: boolean;
  /** Something in it must be there and does not repeat: it keeps repetitions of the group apart. */
  fixed: boolean;
}

const QUANTIFIER = /[*+?]\??|\{\d+(?:,\d*)?\}\??/y;
const ATOM =
  /\\(?:u\{[\da-fA-F]+\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|k<\w+>|[pP]\{[^}]*\}|.)|\[(?:\\.|[^\]\\])*\]|\((?:\?(?:[:=!]|<[=!]|<\w+>))?|[^]/suy;

/**
 * Whether a pattern repeats a group without bound whose own repetition can be split in many ways, such as `(a+)+`,
 * `(\w+\s?)*` or `(.*,)*`: on text that does not match such a pattern takes exponential time. Looks at the shape only;
 * overlapping alternatives (`(a|a)*`) are not found.
 */
export function backtracksWithoutEnd(pattern: string): boolean {
  const stack: Branch[][] = [];
  let group: Branch[] = [newBranch()];
  let at = 0;
  while (at < pattern.length) {
    ATOM.lastIndex = at;
    const atom = ATOM.exec(pattern)?.[0] ?? pattern[at]!;
    at += atom.length;
    if (atom.startsWith('(')) {
      stack.push(group);
      group = [newBranch()];
      continue;
    }
    if (atom === '|') {
      group.push(newBranch());
      continue;
    }
    const inner = atom === ')' ? group : undefined;
    if (inner !== undefined) group = stack.pop() ?? [newBranch()];
    QUANTIFIER.lastIndex = at;
    const quantifier = QUANTIFIER.exec(pattern)?.[0] ?? '';
    at += quantifier.length;
    const { unbounded, optional } = readQuantifier(quantifier);
    if (
      inner !== undefined &&
      unbounded &&
      inner.some((branch) => branch.unbounded && (!branch.fixed || branch.anything))
    )
      return true;
    const branch = group.at(-1)!;
    branch.unbounded ||= unbounded || (inner?.some((each) => each.unbounded) ?? false);
    branch.anything ||= (unbounded && atom === '.') || (inner?.some((each) => each.anything) ?? false);
    branch.fixed ||= !unbounded && !optional && (inner?.every((each) => each.fixed) ?? !/^[\^$]$|^\\[bB]$/.test(atom));
  }
  return false;
}

function newBranch(): Branch {
  return { unbounded: false, anything: false, fixed: false };
}

function readQuantifier(text: string): { readonly unbounded: boolean; readonly optional: boolean } {
  const bounds = /^\{(\d+)(,(\d*))?/.exec(text);
  if (bounds === null) return { unbounded: text.startsWith('*') || text.startsWith('+'), optional: /^[*?]/.test(text) };
  // A large upper bound backtracks like none.
  const most = bounds[2] === undefined ? Number(bounds[1]) : bounds[3] === '' ? Infinity : Number(bounds[3]);
  return { unbounded: most > 10, optional: bounds[1] === '0' };
}
