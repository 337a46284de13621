import { parseTemplate } from '../../template/index.ts';
import { taskRule } from '../rule.ts';

/** A template in text that a shell reads: a value with a quote or a semicolon in it becomes a command. */
export const shellTemplate = taskRule('HEDDLE_LINT_SHELL_TEMPLATE', 'warning', (task, _workflow, report) => {
  const { command, shell } = task.input;
  if (task.action.value !== 'shell.run' || shell !== true || typeof command !== 'string') return;
  if (task.raw === true || task.raw.includes('command')) return;
  const { parts } = parseTemplate(command);
  if (!parts.some((part) => part.type === 'expression')) return;
  report(
    {
      message: `The shell of '${task.name}' reads whatever the template gives, commands too.`,
      hint: 'Pass it in `env` and write "$NAME", or give the command as a list without `shell: true`.',
    },
    { path: [...task.inputPath, 'command'] },
  );
});
