import { Untranslatable, type SourceOf } from './ast.ts';
import type { Translating } from './call.ts';
import { binaryCode, callCode, listCode, literalCode, notCode, textOf, type Code } from './code.ts';
import { javascriptPattern } from './python-pattern.ts';
import { COMPARISONS } from './shape.ts';

/** Translates `left operator right`. @throws Untranslatable */
export function operatorCode(source: SourceOf<'binary'>, translator: Translating): Code {
  const { operator } = source;
  const left = translator.translate(source.left);
  const right = translator.translate(source.right);
  switch (operator) {
    case '=':
    case '==':
      return binaryCode('==', left, right, 'bool');
    case '+':
      return plus(left, right);
    case '~':
      return binaryCode('+', textOf(left), textOf(right), 'text');
    case '/':
      return divide(source, left, right, translator);
    case '//':
      return callCode('floor', [binaryCode('/', left, right)], 'number');
    case 'mod':
      return binaryCode('%', left, right, 'number');
    case '%':
      if (left.type === 'text') throw new Untranslatable(source, 'the formatting operator % has no counterpart');
      return binaryCode('%', left, right, 'number');
    case '*':
      if ([left, right].some(({ type }) => type === 'text' || type === 'list')) {
        throw new Untranslatable(source, 'repeating a text or a list has no counterpart');
      }
      return binaryCode('*', left, right, 'number');
    case '-':
      return binaryCode('-', left, right, 'number');
    case '=~':
      return match(source, left, right);
    case '!~':
      return notCode(match(source, left, right));
    case '**':
      throw new Untranslatable(source, 'there is no operator for powers');
    default:
      return binaryCode(operator, left, right, COMPARISONS.includes(operator) ? 'bool' : 'any');
  }
}

/** In Python `+` also joins lists, and in yaql dictionaries. */
function plus(left: Code, right: Code): Code {
  const types = [left.type, right.type];
  if (types.includes('list')) return callCode('flat', [listCode([left, right])], 'list');
  if (types.includes('object')) return callCode('merge', [left, right], 'object');
  return binaryCode('+', left, right, left.type === 'any' ? right.type : left.type);
}

/** yaql divides whole numbers to whole numbers. */
function divide(source: SourceOf<'binary'>, left: Code, right: Code, translator: Translating): Code {
  const quotient = binaryCode('/', left, right, 'number');
  const isFraction = (each: Code): boolean => typeof each.literal === 'number' && !Number.isInteger(each.literal);
  if (translator.dialect !== 'yaql' || isFraction(left) || isFraction(right)) return quotient;
  translator.remark(source, 'Division in YAQL rounds down where both numbers are whole; floor() does so always');
  return callCode('floor', [quotient], 'number');
}

function match(source: SourceOf<'binary'>, text: Code, pattern: Code): Code {
  if (typeof pattern.literal !== 'string') return callCode('match', [text, pattern], 'bool');
  const { pattern: own, flags } = javascriptPattern(source.right, pattern.literal);
  const parts = [text, literalCode(own), ...(flags === '' ? [] : [literalCode(flags)])];
  return callCode('match', parts, 'bool');
}
