import { Option } from 'commander';
import { examples, type DefineCommand } from '../command.ts';
import { checkFileForDisplay, graphOfWorkflow } from '../environment.ts';
import { toDot } from '../graph/dot.ts';
import { toMermaid } from '../graph/mermaid.ts';
import { WorkflowError } from '../../workflow/workflow-error.ts';
import { isUnicode } from '../text/symbols.ts';

interface GraphOptions {
  readonly format: 'boxes' | 'mermaid' | 'dot';
  readonly ascii?: true;
}

/** `heddle graph`: a workflow's tasks and edges as boxes, Mermaid or DOT. */
export const define: DefineCommand = (command, { terminal }) => {
  const { out, env } = terminal;
  command
    .argument('<FILE>', 'workflow file')
    .addOption(new Option('-f, --format <FORMAT>', 'how to draw').choices(['boxes', 'mermaid', 'dot']).default('boxes'))
    .option('--ascii', 'boxes with ASCII characters only')
    .addHelpText(
      'after',
      examples(
        ['heddle graph workflows/deploy.yaml', 'boxes in the terminal'],
        ['heddle graph workflows/deploy.yaml --format mermaid', 'for Markdown'],
        ['heddle graph workflows/deploy.yaml --format dot | dot -Tsvg', 'a picture, with Graphviz'],
      ),
    )
    .action(async (file: string, options: GraphOptions) => {
      const { workflow, diagnostics } = await checkFileForDisplay(file);
      if (workflow === null) throw new WorkflowError(diagnostics);
      const graph = graphOfWorkflow(workflow);
      if (options.format === 'mermaid') out.line(toMermaid(graph));
      else if (options.format === 'dot') out.line(toDot(workflow.name, graph));
      else {
        const { drawBoxes } = await import('../graph/boxes.ts');
        out.line(drawBoxes(graph, { ascii: options.ascii ?? !isUnicode(env), columns: out.columns }));
      }
    });
};
