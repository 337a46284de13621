import type { Diagnostic, WorkflowDefinition } from '../workflow/index.ts';
import type { Plan } from '../plan/index.ts';

/** A checked workflow, ready to run. */
export class Workflow {
  readonly name: string;
  /** As it was given; undefined where the workflow came from no file. */
  readonly file: string | undefined;
  /** The YAML text; empty for a workflow that was defined as an object. */
  readonly text: string;
  /** The object it was defined as; undefined where it was text. */
  readonly object: object | undefined;
  readonly definition: WorkflowDefinition;
  readonly warnings: readonly Diagnostic[];
  readonly plan: Plan;
  /** Actions that were not known when it was loaded; an executor that has them can run it. */
  readonly unknownActions: readonly Diagnostic[];
  /** Texts of the files of sub-workflows, by absolute path. */
  readonly sources: ReadonlyMap<string, string>;
  /** Workflows it can name because they were handed in. */
  readonly given: readonly Workflow[];

  constructor(parts: Omit<Workflow, 'name'>) {
    this.name = parts.definition.name;
    this.file = parts.file;
    this.text = parts.text;
    this.object = parts.object;
    this.definition = parts.definition;
    this.warnings = parts.warnings;
    this.plan = parts.plan;
    this.unknownActions = parts.unknownActions;
    this.sources = parts.sources;
    this.given = parts.given;
  }
}
