import {
  analyse,
  evaluate,
  parseExpression,
  STANDALONE_NAMES,
  toText,
  type ExpressionPorts,
  type Node,
} from '../../expression/index.ts';
import { parseTemplate } from '../../template/template.ts';

/** What is known before a run, and what only the run will tell. */
export interface Knowledge {
  /** Values by the names that expressions use. */
  readonly names: Readonly<Record<string, unknown>>;
  /** Variables that some task publishes: their value at that point is not known. */
  readonly published: ReadonlySet<string>;
  readonly ports: ExpressionPorts;
}

/** A value as far as it is known. */
export type Preview =
  { readonly known: true; readonly value: unknown } | { readonly known: false; readonly because: string };

const VARIABLE_ROOTS: ReadonlySet<string> = new Set(['workflow', 'vars', 'variables']);
/** Calls that ask for what an execution came to. */
const RUN_CALLS: ReadonlySet<string> = new Set([
  'result', 'error', 'succeeded', 'failed', 'timed_out', 'cancelled', 'skipped', 'completed',
  'status', 'attempts', 'stats', 'failures',
]); // prettier-ignore

/** Evaluates an expression, its delimiters being optional; what it asks of the run is named instead. */
export function previewExpression(text: string, knowledge: Knowledge): Preview {
  const template = parseTemplate(text);
  const [only] = template.parts.filter((part) => part.type === 'expression');
  if (template.kind === 'expression' && only?.type === 'expression') {
    return previewNode(only.node, text.slice(only.start + 2, only.end - 2).trim(), knowledge);
  }
  return previewNode(parseExpression(text).node, text.trim(), knowledge);
}

function previewNode(node: Node | null, source: string, knowledge: Knowledge): Preview {
  const unknown = node === null ? 'the expression' : unknownOf(node, knowledge);
  if (unknown !== undefined) return { known: false, because: unknown };
  try {
    return { known: true, value: evaluate(source, knowledge.names, knowledge.ports) };
  } catch {
    // It may well succeed in the run, e.g. on the field of an item that is not known here.
    return { known: false, because: source };
  }
}

/** The first thing an expression asks of the run; undefined: it asks nothing. */
function unknownOf(node: Node, { names, published }: Knowledge): string | undefined {
  const { references, calls } = analyse(node, STANDALONE_NAMES);
  for (const { name, literals } of calls) {
    if (RUN_CALLS.has(name)) return literals[0] === undefined ? `${name}()` : `${name} of task ${literals[0]}`;
  }
  for (const { root, path } of references) {
    if (root === 'task' || root === 'tasks') return `result of task ${path[0] ?? '?'}`;
    const variable = VARIABLE_ROOTS.has(root) ? path[0] : root;
    if (variable !== undefined && published.has(variable)) return `variable ${variable}`;
    if (!Object.hasOwn(names, root)) return [root, ...path].join('.');
  }
  return undefined;
}

/** What stands for a value that is not known. */
export function placeholder(because: string): string {
  return `‹${because}›`;
}

/** Renders a value as far as it is known; the rest are placeholders. `raw`: top-level names taken literally; true: all. */
export function previewValue(value: unknown, knowledge: Knowledge, raw: true | readonly string[] = []): unknown {
  if (raw === true) return value;
  if (typeof value === 'string') return previewText(value, knowledge);
  if (Array.isArray(value)) return value.map((entry) => previewValue(entry, knowledge));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, raw.includes(key) ? entry : previewValue(entry, knowledge)]),
  );
}

function previewText(text: string, knowledge: Knowledge): unknown {
  const template = parseTemplate(text);
  // What a document repeats and leaves out cannot be shown without the run.
  if (template.kind === 'handlebars') return text;
  const parts = template.parts.map((part): Preview => {
    if (part.type === 'text') return { known: true, value: part.text };
    return previewNode(part.node, text.slice(part.start + 2, part.end - 2).trim(), knowledge);
  });
  if (template.kind === 'expression') {
    const found = parts[template.parts.findIndex((part) => part.type === 'expression')];
    if (found !== undefined) return found.known ? found.value : placeholder(found.because);
  }
  return parts.map((part) => (part.known ? toText(part.value) : placeholder(part.because))).join('');
}
