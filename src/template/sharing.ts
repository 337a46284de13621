import { chainOf, CONTEXT_FUNCTIONS, findFunction, type Node } from '../expression/index.ts';

/** Names whose values are never objects. */
const SCALAR_ROOTS: ReadonlySet<string> = new Set(['index', 'system']);
const SHARING_CALLS: ReadonlySet<string> = new Set(['result', 'error', 'stats', 'failures']);
const OWNED_CALLS: ReadonlySet<string> = new Set(
  CONTEXT_FUNCTIONS.map(({ name }) => name).filter((name) => !SHARING_CALLS.has(name)),
);
/** Stands for what is shared but not reached by a name. */
const UNNAMED = '';

/**
 * Adds from where the value of an expression may share objects with somebody else: names of roots, {@link UNNAMED} for
 * results of functions of the run. None: whatever the expression gives is its taker's own.
 */
export function addSharedRoots(node: Node, roots: string[]): void {
  collect(node, [], roots);
}

function collect(node: Node, parameters: readonly string[], roots: string[]): void {
  switch (node.type) {
    case 'name':
    case 'member':
    case 'index': {
      const { root } = chainOf(node);
      if (root.type !== 'name') collect(root, parameters, roots);
      else if (!parameters.includes(root.name) && !SCALAR_ROOTS.has(root.name)) roots.push(root.name);
      break;
    }
    case 'call':
      if (findFunction(node.name)?.owned === true || OWNED_CALLS.has(node.name)) break;
      if (findFunction(node.name) === undefined) roots.push(UNNAMED);
      for (const each of node.arguments) collect(each, parameters, roots);
      break;
    case 'lambda':
      collect(node.body, [...parameters, ...node.parameters.map(({ name }) => name)], roots);
      break;
    case 'conditional':
      collect(node.then, parameters, roots);
      collect(node.otherwise, parameters, roots);
      break;
    case 'logical':
      collect(node.left, parameters, roots);
      collect(node.right, parameters, roots);
      break;
    case 'list':
      for (const item of node.items) collect(item, parameters, roots);
      break;
    case 'object':
      for (const { value } of node.entries) collect(value, parameters, roots);
      break;
    default:
      break;
  }
}
