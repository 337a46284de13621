import { isIdentifier } from './code.ts';

/** Names that mean something in every expression. */
const RESERVED: ReadonlySet<string> = new Set([
  'parameters',
  'workflow',
  'vars',
  'variables',
  'task',
  'tasks',
  'item',
  'index',
  'config',
  'keystore',
  'secrets',
  'system',
]);
/** What a list is called that says nothing of its elements. */
const SAYS_NOTHING: ReadonlySet<string> = new Set([
  'result',
  'results',
  'output',
  'outputs',
  'status',
  'address',
  'class',
]);
const SPARE = ['x', 'y', 'z', 'e'];

/** What an element of a list is called in a lambda: `vm` for `workflow.vms`, else a letter. */
export function elementName(list: string, taken: ReadonlySet<string>): string {
  const last = /([A-Za-z_][A-Za-z0-9_]*)$/.exec(innermost(list))?.[1] ?? '';
  const free = (name: string): boolean => isIdentifier(name) && !RESERVED.has(name) && !taken.has(name);
  if (!SAYS_NOTHING.has(last)) {
    const one = singular(last);
    if (one !== undefined && free(one)) return one;
  }
  return SPARE.find(free) ?? `x${String(taken.size)}`;
}

/** What a chain of calls such as `filter(sort(workflow.vms), …)` keeps the elements of. */
function innermost(list: string): string {
  const inner = /^(?:(?:filter|sort_by|sort|unique|unique_by|reversed|slice|first|flat)\()+([\w.]+)[,)]/.exec(list);
  return inner?.[1] ?? list;
}

function singular(name: string): string | undefined {
  if (name.length < 3) return undefined;
  if (/[^aeiou]ies$/.test(name)) return `${name.slice(0, -3)}y`;
  if (/(?:ch|sh|x|ss)es$/.test(name)) return name.slice(0, -2);
  return /[^s]s$/.test(name) && !name.endsWith('us') ? name.slice(0, -1) : undefined;
}
