import path from 'node:path';
import { valueOf } from '../../workflow/yaml-node.ts';
import { hasForeignExpression } from '../expression/index.ts';
import type { ImportOptions, OpenedFile } from '../importer.ts';
import { scalar, type OutputEntry } from '../output-node.ts';
import { ImportSource, type SourcedEntry, type SourcedMapping } from '../source.ts';
import { nodeOf } from './literal.ts';

/** The file of an action of StackStorm that runs a workflow: it says what the inputs of the workflow are. */
export interface Metadata {
  readonly source: ImportSource;
  readonly name: string | undefined;
  readonly description: string | undefined;
  /** The path of the workflow's file, from the directory of this one. */
  readonly entryPoint: SourcedEntry;
  readonly parameters: ReadonlyMap<string, SourcedEntry>;
}

/** Reads the file of an action; undefined where it is none that runs a workflow of Orquesta. */
export function readMetadata(source: ImportSource): Metadata | undefined {
  if (source.tree?.kind !== 'mapping') return undefined;
  const root = source.root();
  const entries = new Map((root === undefined ? [] : source.entries(root)).map((entry) => [entry.name, entry]));
  const entryPoint = entries.get('entry_point');
  if (textOf(entries.get('runner_type')) !== 'orquesta' || textOf(entryPoint) === undefined) return undefined;
  const parameters = entries.get('parameters');
  return {
    source,
    name: textOf(entries.get('name')),
    description: textOf(entries.get('description')),
    entryPoint: entryPoint as SourcedEntry,
    parameters: new Map((parameters === undefined ? [] : inside(source, parameters)).map((each) => [each.name, each])),
  };
}

/** The workflow that the file of an action names; undefined where it is not there. */
export function openWorkflow({ entryPoint }: Metadata, { open }: ImportOptions): OpenedFile | undefined {
  return open?.(textOf(entryPoint) ?? '');
}

/** The file of the action that runs a workflow, where packs keep it: one directory up. */
export function findMetadata({ file, open }: ImportOptions): Metadata | undefined {
  if (file === undefined || open === undefined) return undefined;
  const name = path.basename(file).replace(/\.ya?ml$/i, '');
  for (const candidate of [`${name}.yaml`, `${name}.meta.yaml`, `${name}.yml`]) {
    const opened = open(`../${candidate}`);
    const metadata = opened === undefined ? undefined : readMetadata(new ImportSource(opened.text, opened.file));
    if (metadata !== undefined && path.basename(textOf(metadata.entryPoint) ?? '') === path.basename(file)) {
      return metadata;
    }
  }
  return undefined;
}

/** What a parameter says that JSON Schema does not know, or only for the forms of StackStorm. */
const NO_SCHEMA: ReadonlySet<string> = new Set(['position', 'immutable', 'default', 'required', 'secret']);
const ORDER = ['type', 'enum', 'required', 'secret', 'default', 'description'];

/** A parameter as the file of the action declares it; `fallback` is the default that the workflow gives it. */
export function declaredParameter(
  { source }: Metadata,
  from: SourcedEntry,
  fallback: readonly OutputEntry[],
): { readonly entries: readonly OutputEntry[]; readonly notes: readonly string[] } {
  const entries: OutputEntry[] = [];
  const notes: string[] = [];
  let isFixed = false;
  let given: unknown;
  for (const entry of inside(source, from)) {
    const value: unknown = valueOf(entry.node);
    if (entry.name === 'default') given = value;
    if (entry.name === 'immutable') isFixed = value === true;
    if ((entry.name === 'required' || entry.name === 'secret') && value === true) {
      entries.push({ key: entry.name, value: scalar(true) });
    }
    if (!NO_SCHEMA.has(entry.name)) entries.push({ key: entry.name, value: nodeOf(value) });
  }
  if (typeof given === 'string' && hasForeignExpression(given)) {
    source.lost([...from.path, 'default'], 'A default that is computed from the datastore has no counterpart.');
    notes.push(`not translated: the default ${given}`);
    given = null;
  }
  if (given !== undefined && given !== null) {
    entries.push({ key: isFixed ? 'const' : 'default', value: nodeOf(given) });
    if (isFixed) entries.push({ key: 'default', value: nodeOf(given) });
  } else {
    const known = new Set(entries.map(({ key }) => key));
    entries.push(...fallback.filter(({ key }) => !known.has(key)));
  }
  const place = ({ key }: OutputEntry): number => (ORDER.includes(key) ? ORDER.indexOf(key) : ORDER.length - 2);
  return { entries: entries.sort((left, right) => place(left) - place(right)), notes };
}

function textOf(entry: SourcedEntry | undefined): string | undefined {
  return entry?.node.kind === 'scalar' && typeof entry.node.value === 'string' ? entry.node.value : undefined;
}

function inside(source: ImportSource, entry: SourcedEntry): SourcedEntry[] {
  return entry.node.kind === 'mapping' ? source.entries(entry as SourcedMapping & SourcedEntry) : [];
}
