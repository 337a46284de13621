import { describe, expect, test } from 'vitest';
import type { ParameterDefinition } from '../workflow/index.ts';
import { askForParameters } from './prompts.ts';
import { fakeTerminal, type FakeTerminal } from './testing/fake-terminal.ts';

const parameter = (name: string, schema: object, rest: Partial<ParameterDefinition> = {}): ParameterDefinition => ({
  name,
  path: [],
  schema: schema as ParameterDefinition['schema'],
  required: true,
  secret: false,
  ...rest,
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Types each answer once its question can be read, and listened to. */
async function answer(
  fake: FakeTerminal,
  answers: readonly (readonly [question: string, keys: string])[],
): Promise<void> {
  for (const [question, keys] of answers) {
    while (!fake.stderr().includes(question)) await turn();
    for (let turns = 0; turns < 20; turns++) await turn();
    fake.stdin.write(keys);
  }
}

describe('each kind of parameter has its kind of question', () => {
  test.each([
    [parameter('count', { type: 'integer' }, { description: 'How many' }), [['count (How many)', '5\n']], 5],
    [
      parameter('count', { type: 'integer' }),
      [
        ['count', 'x\n'],
        ["must be an integer, but got 'x'", '\u0008'],
        ['count', '7\n'],
      ],
      7,
    ],
    [parameter('region', { enum: ['eu', 'us'] }), [['us', '\u001b[B\n']], 'us'],
    [parameter('sure', { type: 'boolean' }), [['sure', 'n\n']], false],
  ] as const)('%#', async (one, answers, value) => {
    const fake = fakeTerminal({ tty: true });
    const asked = askForParameters([one], fake.terminal);
    await answer(fake, answers);
    expect(await asked).toEqual({ [one.name]: value });
    expect(fake.stdout()).toBe('');
  });

  test('a secret is not shown', async () => {
    const fake = fakeTerminal({ tty: true });
    const asked = askForParameters([parameter('token', { type: 'string' }, { secret: true })], fake.terminal);
    await answer(fake, [['token', 'hunter2\n']]);
    expect(await asked).toEqual({ token: 'hunter2' });
    expect(fake.stderr()).not.toContain('hunter2');
  });
});

test('Ctrl-C is a cancel', async () => {
  const fake = fakeTerminal({ tty: true });
  const asked = askForParameters([parameter('name', { type: 'string' })], fake.terminal);
  const refused = expect(asked).rejects.toMatchObject({ code: 'HEDDLE_CANCELLED' });
  await answer(fake, [['name', '\u0003']]);
  await refused;
});
