import fc from 'fast-check';

const NAME = fc.constantFrom('a', 'b', 'o', 'xs', 'x', 'nothing', 'constructor');
const FIELD = fc.constantFrom('a', 'b', 'deep', 'length', '__proto__', 'toString', 'gone');
const LITERAL = fc.oneof(
  fc.integer({ min: 0, max: 3 }).map(String),
  fc.constantFrom('true', 'false', 'null', "''", "'a'", '"b\\n"', '1.5', '[]', '{}'),
);
const OPERATOR = fc.constantFrom(
  '+',
  '-',
  '*',
  '/',
  '%',
  '<',
  '<=',
  '>',
  '>=',
  '==',
  '!=',
  'in',
  'not in',
  'and',
  'or',
  '??',
);

/** The text of random expressions over {@link randomValues}. */
export const randomExpression: fc.Arbitrary<string> = fc.letrec<{ expression: string }>((tie) => {
  const inner = tie('expression');
  return {
    expression: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      LITERAL,
      NAME,
      fc.tuple(inner, fc.constantFrom('.', '?.'), FIELD).map(([object, dot, field]) => `(${object})${dot}${field}`),
      fc
        .tuple(NAME, fc.constantFrom('.', '?.'), FIELD, fc.constantFrom('.', '?.'), FIELD)
        .map((parts) => parts.join('')),
      fc.tuple(NAME, fc.constantFrom('', '?.'), inner).map(([object, dot, index]) => `${object}${dot}[${index}]`),
      fc.tuple(inner, OPERATOR, inner).map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
      fc.tuple(fc.constantFrom('-', '!', 'not '), inner).map(([operator, operand]) => `${operator}(${operand})`),
      fc.tuple(inner, inner, inner).map(([test, then, otherwise]) => `(${test}) ? (${then}) : (${otherwise})`),
      fc.array(inner, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
      fc.tuple(inner, inner).map(([one, two]) => `{a: ${one}, '__proto__': ${two},}`),
      fc.tuple(inner, inner).map(([list, body]) => `map(${list}, (x, i) => ${body})`),
      fc.tuple(inner, inner).map(([list, body]) => `filter(${list}, x => ${body})`),
      fc.tuple(inner, inner).map(([value, other]) => `(${value}) | default(${other})`),
      fc
        .tuple(fc.constantFrom('length', 'first', 'string', 'keys', 'sum', 'reversed'), inner)
        .map(([name, value]) => `${name}(${value})`),
    ),
  };
}).expression;

const DATA = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(0, 1, 2, -1.5, '', 'a', 'ab', true, false, null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.record({ a: tie('value'), b: tie('value'), deep: tie('value') }, { requiredKeys: [] }),
    tie('value').map((value) => JSON.parse(`{"__proto__": ${JSON.stringify(value)}, "length": 7}`) as unknown),
  ),
})).value;

/** Random names for {@link randomExpression}. */
export const randomValues: fc.Arbitrary<Record<string, unknown>> = fc.record(
  { a: DATA, b: DATA, o: DATA, xs: fc.array(DATA, { maxLength: 3 }) },
  { requiredKeys: [] },
);
