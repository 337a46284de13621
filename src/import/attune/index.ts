import { basename } from 'node:path';
import { placeComments, type PlacedComments } from '../comments.ts';
import type { ImportOptions, OpenedFile } from '../importer.ts';
import { linesOf, mapping } from '../output-node.ts';
import type { ImportResult } from '../result.ts';
import { ImportSource, type SourcedMapping } from '../source.ts';
import { writeYaml } from '../yaml-writer.ts';
import { entriesOf, textOf } from './context.ts';
import { ACTION_LINES, translateWorkflow, type AttuneFiles } from './workflow.ts';

/**
 * Translates an Attune workflow to one of heddle: one file with `tasks`, or the action file whose `workflow_file` names it,
 * or the graph file beside which that action stands; `open` reads the other of the two. Never throws on bad input: what is
 * wrong stands in the diagnostics (HEDDLE_IMPORT_INVALID), as does what could not (HEDDLE_IMPORT_LOST) or not quite
 * (HEDDLE_IMPORT_CHANGED) be translated; what is lost stays in the text as it was.
 */
export function importAttune(text: string, options: ImportOptions = {}): ImportResult {
  const given = read({ text, file: options.file });
  const { source, root } = given;
  if (root === undefined) return { text: '', diagnostics: source.diagnostics, sources: [] };
  const pointer = entriesOf(source, root).find(({ name }) => name === 'workflow_file');
  const isAction = pointer !== undefined;
  const other = isAction ? graphOf(given, textOf(pointer), options) : actionOf(options);
  if (isAction && other?.root === undefined) {
    if (other === undefined) {
      const name = textOf(pointer) ?? '';
      source.invalid(
        pointer.path,
        `The file '${name}' with the tasks of this workflow is not there; it is looked for from the directory of this one.`,
      );
    }
    return { text: '', diagnostics: [...source.diagnostics, ...(other?.source.diagnostics ?? [])], sources: [] };
  }
  const [graph, action] = isAction ? [other as Read, given] : [given, other];
  const files: AttuneFiles = {
    graph: graph.source,
    graphRoot: graph.root as SourcedMapping,
    name: nameOf(graph.file ?? action?.file),
    ...(action?.root === undefined ? {} : { action: action.source, actionRoot: action.root }),
  };
  const entries = translateWorkflow(files);
  const lines = [...linesOf(mapping(entries))];
  const comments = joined(
    action === undefined
      ? undefined
      : placeComments(
          action.text,
          action.source.tree,
          lines.filter(isOfAction).map((line) => line - ACTION_LINES),
        ),
    placeComments(
      graph.text,
      graph.source.tree,
      lines.filter((line) => !isOfAction(line)),
    ),
  );
  const written = writeYaml(entries, comments);
  const sources = written.sources.map((line) => {
    if (line === undefined || isOfAction(line) !== isAction) return undefined;
    return isAction ? line - ACTION_LINES : line;
  });
  return {
    text: written.text,
    diagnostics: [...(action?.source.diagnostics ?? []), ...graph.source.diagnostics],
    sources,
  };
}

interface Read {
  readonly text: string;
  readonly file: string | undefined;
  readonly source: ImportSource;
  readonly root: SourcedMapping | undefined;
}

function read({ text, file }: { readonly text: string; readonly file: string | undefined }): Read {
  const source = new ImportSource(text, file);
  return { text, file, source, root: source.root() };
}

/** The file that an action names; it is given relative to the directory of actions. */
function graphOf(_action: Read, name: string | undefined, { open }: ImportOptions): Read | undefined {
  const opened = name === undefined ? undefined : open?.(name);
  return opened === undefined ? undefined : read(opened);
}

/** The action that names a graph: `actions/deploy.yaml` for `actions/workflows/deploy.workflow.yaml`. */
function actionOf({ file, open }: ImportOptions): Read | undefined {
  const name = file === undefined ? undefined : basename(file);
  const stem = name?.replace(/(\.workflow)?\.ya?ml$/i, '');
  if (open === undefined || stem === undefined) return undefined;
  const names = ['yaml', 'yml'].map((extension) => `../${stem}.${extension}`);
  const found = names.map((each): OpenedFile | undefined => open(each)).find((each) => each !== undefined);
  const action = found === undefined ? undefined : read(found);
  const pointer = entriesOf(action?.source ?? new ImportSource('', undefined), action?.root).find(
    (entry) => entry.name === 'workflow_file',
  );
  return textOf(pointer)?.endsWith(name ?? '') === true ? action : undefined;
}

function nameOf(file: string | undefined): string | undefined {
  return file === undefined ? undefined : basename(file).replace(/(\.workflow)?\.ya?ml$/i, '');
}

function isOfAction(line: number): boolean {
  return line < 0;
}

function joined(action: PlacedComments | undefined, graph: PlacedComments): PlacedComments {
  if (action === undefined) return graph;
  const gap = action.header.length > 0 && graph.header.length > 0 ? [''] : [];
  return {
    header: [...action.header, ...gap, ...graph.header],
    lines: new Map([...[...action.lines].map(([line, each]) => [line + ACTION_LINES, each] as const), ...graph.lines]),
    footer: [...action.footer, ...graph.footer],
  };
}
