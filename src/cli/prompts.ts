import { HeddleError } from '../errors/index.ts';
import type { ParameterDefinition } from '../workflow/index.ts';
import { coerceParameter } from './parameters.ts';
import type { Terminal } from './terminal.ts';

/**
 * Asks a person for parameters, one question each; secret ones are not shown. Questions go to the error stream, so that
 * the output stays clean.
 *
 * @throws HEDDLE_CANCELLED where the person presses Ctrl-C.
 */
export async function askForParameters(
  parameters: readonly ParameterDefinition[],
  terminal: Terminal,
): Promise<Record<string, unknown>> {
  const { confirm, input, password, select } = await import('@inquirer/prompts');
  const streams = { input: terminal.stdin as NodeJS.ReadableStream, output: terminal.err.stream };
  const values: Record<string, unknown> = {};
  for (const parameter of parameters) {
    const message =
      parameter.description === undefined ? parameter.name : `${parameter.name} (${parameter.description})`;
    const coerce = (text: string) => coerceParameter(parameter, text, terminal.cwd);
    const validate = (text: string): true | string => {
      if (text === '') return 'A value is required.';
      const coerced = coerce(text);
      return 'problem' in coerced ? coerced.problem : true;
    };
    const options = parameter.schema.enum;
    try {
      if (parameter.secret)
        values[parameter.name] = valueOf(coerce(await password({ message, mask: true, validate }, streams)));
      else if (Array.isArray(options)) {
        const choices = options.map((value: unknown) => ({ name: String(value), value }));
        values[parameter.name] = await select({ message, choices }, streams);
      } else if (parameter.schema.type === 'boolean') values[parameter.name] = await confirm({ message }, streams);
      else values[parameter.name] = valueOf(coerce(await input({ message, validate }, streams)));
    } catch (error) {
      // Inquirer's own error for Ctrl-C and a closed input.
      if (error instanceof Error && error.name === 'ExitPromptError') {
        throw new HeddleError('HEDDLE_CANCELLED', `The question for '${parameter.name}' was not answered.`);
      }
      throw error;
    }
  }
  return values;
}

function valueOf(coerced: ReturnType<typeof coerceParameter>): unknown {
  return 'value' in coerced ? coerced.value : undefined;
}
