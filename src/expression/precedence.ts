/** Binding powers, loosest first. */
export const PIPE = 1;
export const CONDITIONAL = 2;
export const COALESCE = 3;
export const OR = 4;
export const AND = 5;
export const NOT = 6;
export const COMPARISON = 7;
const ADDITION = 8;
const MULTIPLICATION = 9;
export const UNARY = 10;

/** The binding power of each operator that stands between two values. */
export const POWERS: Readonly<Record<string, number>> = {
  '|': PIPE,
  '?': CONDITIONAL,
  '??': COALESCE,
  or: OR,
  '||': OR,
  and: AND,
  '&&': AND,
  in: COMPARISON,
  not: COMPARISON,
  '==': COMPARISON,
  '!=': COMPARISON,
  '<': COMPARISON,
  '<=': COMPARISON,
  '>': COMPARISON,
  '>=': COMPARISON,
  '=': COMPARISON,
  '===': COMPARISON,
  '!==': COMPARISON,
  '+': ADDITION,
  '-': ADDITION,
  '*': MULTIPLICATION,
  '/': MULTIPLICATION,
  '%': MULTIPLICATION,
};
/** Words that cannot be names. */
export const KEYWORDS: ReadonlySet<string> = new Set(['true', 'false', 'null', 'and', 'or', 'not', 'in']);
/** Words that are values. */
export const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ['true', true],
  ['false', false],
  ['null', null],
]);
