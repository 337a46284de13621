import { collect, examples, type DefineCommand } from '../command.ts';
import { UsageError } from '../error-report.ts';
import { createEvaluator } from '../eval/evaluator.ts';
import { prompt } from '../eval/prompt.ts';
import { readMapping, readStdin } from '../mapping-file.ts';
import { coerceParameter, parseAssignments } from '../parameters.ts';

interface EvalOptions {
  readonly context?: string;
  readonly param?: readonly string[];
  readonly env?: readonly string[];
}

/** `heddle eval`: evaluates an expression or renders a template; a prompt where none is given. */
export const define: DefineCommand = (command, { terminal, debug }) => {
  command
    .argument('[EXPRESSION]', 'expression, or text with << … >>; without it a prompt, or what standard input holds')
    .option('-c, --context <FILE>', 'YAML or JSON mapping: the names the expression may use; - is standard input')
    .option('-p, --param <NAME=VALUE>', 'set parameters.NAME; JSON, else text', collect)
    .option('--env <NAME>', 'let env() read this variable', collect)
    .addHelpText(
      'after',
      examples(
        ['heddle eval "[3, 1, 2] | sort | join(\'-\')"', 'a result as JSON'],
        ["heddle eval 'task.fetch.items | length' --context context.json", 'over your own data'],
        ["heddle eval 'Hello << parameters.name >>' -p name=Ada", 'a template'],
        ['heddle eval', 'a prompt'],
      ),
    )
    .action(async (expression: string | undefined, options: EvalOptions) => {
      if (options.context === '-' && expression === undefined) {
        throw new UsageError(
          'with --context - the expression must be an argument, since standard input is the context',
        );
      }
      const context =
        options.context === undefined ? {} : await readMapping(options.context, terminal, { what: 'context' });
      const names = { ...context, ...parameters(options.param ?? [], context.parameters) };
      const env = Object.fromEntries((options.env ?? []).map((name) => [name, terminal.env[name]]));
      const evaluator = createEvaluator(names, env);
      if (expression === undefined && terminal.interactive) {
        await prompt(evaluator, terminal, debug);
        return;
      }
      const source = expression ?? (await readStdin(terminal));
      terminal.out.line(evaluator.toJson(evaluator.evaluate(source.trim())));
    });

  function parameters(assignments: readonly string[], given: unknown): Record<string, unknown> {
    if (assignments.length === 0) return {};
    const values: Record<string, unknown> = typeof given === 'object' && given !== null ? { ...given } : {};
    for (const [name, value] of parseAssignments(assignments)) {
      const coerced = coerceParameter(
        { name, path: [], schema: {}, required: false, secret: false },
        value,
        terminal.cwd,
      );
      if ('value' in coerced) values[name] = coerced.value;
    }
    return { parameters: values };
  }
};
