import type { Span } from './names.ts';

/** A scalar written in the expression itself. */
export interface LiteralNode extends Span {
  readonly type: 'literal';
  readonly value: string | number | boolean | null;
}

/** A bare name: the root of an access chain, or a lambda's parameter. */
export interface NameNode extends Span {
  readonly type: 'name';
  readonly name: string;
}

/** `object.name`, or `object?.name`. */
export interface MemberNode extends Span {
  readonly type: 'member';
  readonly object: Node;
  readonly name: string;
  readonly nameSpan: Span;
  readonly optional: boolean;
}

/** `object[index]`, or `object?.[index]`. */
export interface IndexNode extends Span {
  readonly type: 'index';
  readonly object: Node;
  readonly index: Node;
  readonly optional: boolean;
}

/** `name(…)`, and `value | name(…)`, whose first argument is the value. */
export interface CallNode extends Span {
  readonly type: 'call';
  readonly name: string;
  readonly nameSpan: Span;
  readonly arguments: readonly Node[];
}

/** `-x`, and `not x` or `!x`. */
export interface UnaryNode extends Span {
  readonly type: 'unary';
  readonly operator: '-' | 'not';
  readonly operand: Node;
}

export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '<' | '<=' | '>' | '>=' | '==' | '!=' | 'in' | 'not in';

/** An operator that evaluates both sides. */
export interface BinaryNode extends Span {
  readonly type: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Node;
  readonly right: Node;
}

/** An operator that may leave its right side alone. */
export interface LogicalNode extends Span {
  readonly type: 'logical';
  readonly operator: 'and' | 'or' | '??';
  readonly left: Node;
  readonly right: Node;
}

/** `test ? then : otherwise`. */
export interface ConditionalNode extends Span {
  readonly type: 'conditional';
  readonly test: Node;
  readonly then: Node;
  readonly otherwise: Node;
}

export interface ListNode extends Span {
  readonly type: 'list';
  readonly items: readonly Node[];
}

export interface ObjectEntry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: Node;
}

export interface ObjectNode extends Span {
  readonly type: 'object';
  readonly entries: readonly ObjectEntry[];
}

export interface LambdaParameter extends Span {
  readonly name: string;
}

/** `x => body`, `(a, b) => body`; only as an argument of a call. */
export interface LambdaNode extends Span {
  readonly type: 'lambda';
  readonly parameters: readonly LambdaParameter[];
  readonly body: Node;
}

/** An expression as plain data; spans are UTF-16 offsets into the text that was parsed. */
export type Node =
  | LiteralNode
  | NameNode
  | MemberNode
  | IndexNode
  | CallNode
  | UnaryNode
  | BinaryNode
  | LogicalNode
  | ConditionalNode
  | ListNode
  | ObjectNode
  | LambdaNode;

/** The static field name of a chain's link (`.name`, `["name"]`), or undefined where it is computed. */
export function staticField(node: ChainLink): string | undefined {
  if (node.type === 'member') return node.name;
  return node.index.type === 'literal' && typeof node.index.value === 'string' ? node.index.value : undefined;
}

/** One step of an access chain. */
export type ChainLink = MemberNode | IndexNode;

/** An access chain taken apart: what it starts from and its links from left to right. */
export interface Chain {
  readonly root: Node;
  readonly links: readonly ChainLink[];
}

/** Takes the access chain that ends in `node` apart; a node that is no access gives a chain without links. */
export function chainOf(node: Node): Chain {
  const links: ChainLink[] = [];
  let root = node;
  while (root.type === 'member' || root.type === 'index') {
    links.push(root);
    root = root.object;
  }
  return { root, links: links.reverse() };
}

/** The static field names that follow the root of a chain, as far as they are static. */
export function staticPath(chain: Chain): string[] {
  const path: string[] = [];
  for (const link of chain.links) {
    const name = staticField(link);
    if (name === undefined) break;
    path.push(name);
  }
  return path;
}

/** The nodes directly under `node`, in the order they are evaluated. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.type) {
    case 'literal':
    case 'name':
      return [];
    case 'member':
      return [node.object];
    case 'index':
      return [node.object, node.index];
    case 'call':
      return node.arguments;
    case 'unary':
      return [node.operand];
    case 'binary':
    case 'logical':
      return [node.left, node.right];
    case 'conditional':
      return [node.test, node.then, node.otherwise];
    case 'list':
      return node.items;
    case 'object':
      return node.entries.map((entry) => entry.value);
    case 'lambda':
      return [node.body];
  }
}
