import { examples, type DefineCommand } from '../command.ts';
import { describeAction, listActions } from '../actions/describe.ts';
import { BUILTIN_ACTIONS } from '../../actions/builtins.ts';
import { createRegistry } from '../../actions/registry.ts';
import { HeddleError } from '../../errors/index.ts';
import { loadEnvironment, withActionOptions, type ActionOptions } from '../environment.ts';

/** `heddle actions`: what a task can run. */
export const define: DefineCommand = (command, { terminal }) => {
  withActionOptions(command.argument('[NAME]', 'action to describe'))
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(
        ['heddle actions', 'all actions by namespace'],
        ['heddle actions http.get', 'inputs of one, with an example'],
        ['heddle actions --actions ./my-actions.ts --json', 'your own too, for scripts'],
      ),
    )
    .action(async (name: string | undefined, options: ActionOptions & { json?: true }) => {
      const { allActions } = await loadEnvironment(options, terminal);
      const registry = createRegistry([...BUILTIN_ACTIONS, ...(await allActions())]);
      const { out } = terminal;
      if (name === undefined) {
        const all = registry.list();
        out.line(options.json === true ? JSON.stringify(all.map(toJson), null, 2) : listActions(all, out));
        return;
      }
      const action = registry.get(name);
      if (action === undefined) {
        const namespace = registry.list().filter((each) => each.name.startsWith(`${name}.`));
        if (namespace.length > 0) {
          out.line(
            options.json === true ? JSON.stringify(namespace.map(toJson), null, 2) : listActions(namespace, out),
          );
          return;
        }
        const near = registry.suggest(name);
        throw new HeddleError(
          'HEDDLE_UNKNOWN_ACTION',
          `There is no action '${name}'.${near === undefined ? '' : ` Did you mean '${near}'?`}`,
        );
      }
      out.line(options.json === true ? JSON.stringify(toJson(action), null, 2) : describeAction(action, out));
    });
};

function toJson({
  name,
  description,
  input,
  output,
}: {
  name: string;
  description?: string;
  input?: object;
  output?: object;
}): unknown {
  return { name, description, input, output };
}
