import { Argument } from 'commander';
import { examples, type DefineCommand } from '../command.ts';
import { readSchema } from '../package-files.ts';

/** `heddle schema`: prints a JSON Schema for editors and other tools. */
export const define: DefineCommand = (command, { terminal }) => {
  command
    .addArgument(
      new Argument('[KIND]', 'what the schema describes').choices(['workflow', 'rehearsal']).default('workflow'),
    )
    .addHelpText(
      'after',
      examples(
        ['heddle schema > workflow.schema.json', 'the schema of workflow files'],
        ['heddle schema rehearsal', 'the schema of rehearsals'],
      ),
    )
    .action((kind: string) => {
      terminal.out.write(readSchema(`${kind}.schema.json`));
    });
};
