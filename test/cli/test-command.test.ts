import { describe, expect, it } from 'vitest';
import { heddle, project } from './heddle.ts';

const rehearsal = (workflow: string): string =>
  `workflow: ../${workflow}
mocks: [{ task: greet, result: hello }]
rehearsals:
  - { name: greets, parameters: { who: you }, expect: { tasks: [greet], output: { said: hello } } }
`;

const orquesta = `version: 1.0
input:
  - who
tasks:
  greet:
    action: core.echo message="Hello, <% ctx(who) %>"
    next:
      - when: <% succeeded() %>
        publish: said=<% result() %>
output:
  - said: <% ctx(said) %>
`;

const files = project({
  'greet.yaml': orquesta,
  'lost.yaml': orquesta.replace('<% result() %>', '<% nothing_of_the_kind(result()) %>'),
  'rehearsals/greet.yaml': rehearsal('greet.yaml'),
  'others/lost.rehearsal.yaml': rehearsal('lost.yaml'),
});

describe('heddle test', () => {
  it('rehearses a workflow of Orquesta as it is', async () => {
    const { code, stdout } = await heddle(['test', 'rehearsals'], { cwd: files.directory });
    expect(stdout).toMatch(/greets[\s\S]*1 passed/);
    expect(code).toBe(0);
  });

  it('says what of it cannot be translated, at its line', async () => {
    const { code, stdout } = await heddle(['test', 'others'], { cwd: files.directory });
    expect(stdout).toContain('lost.yaml:9');
    expect(stdout).toContain('nothing_of_the_kind');
    expect(code).toBe(2);
  });
});
