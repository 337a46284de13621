import type { Source } from './ast.ts';

/** Operators that compare, of both languages. */
export const COMPARISONS: readonly string[] = ['=', '==', '!=', '<', '<=', '>', '>=', 'in', 'not in'];

/** Whether the value of an expression is true or false, as far as its last operator tells. */
export function isCondition(source: Source): boolean {
  if (source.kind === 'unary') return source.operator === 'not';
  if (source.kind !== 'binary') return false;
  return COMPARISONS.includes(source.operator) || ['and', 'or', '=~', '!~'].includes(source.operator);
}

/** Whether an expression of yaql is about `$`. */
export function mentionsDollar(source: Source): boolean {
  switch (source.kind) {
    case 'dollar':
      return source.name === '';
    case 'member':
      return mentionsDollar(source.object);
    case 'index':
      return mentionsDollar(source.object) || mentionsDollar(source.index);
    case 'binary':
      return mentionsDollar(source.left) || mentionsDollar(source.right);
    case 'unary':
      return mentionsDollar(source.operand);
    case 'call':
      return source.items.some(mentionsDollar);
    case 'method':
      return mentionsDollar(source.object) || source.items.some(mentionsDollar);
    default:
      return false;
  }
}
