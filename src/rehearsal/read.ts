import { parseYaml, sortDiagnostics, type Diagnostic, type YamlDocument, type YamlPath } from '../workflow/index.ts';
import { findMistakes } from '../workflow/schema-violation.ts';
import type { Rehearsal } from './definition.ts';
import { notesOfRehearsal, validateRehearsal } from './generated/validate-rehearsal.js';
import { normalise } from './normalise.ts';
import type { RehearsalFile } from './schema.ts';

/** What reading a rehearsal file gives. */
export interface ReadRehearsals {
  /** Empty where the file has errors. */
  readonly rehearsals: readonly Rehearsal[];
  readonly document: YamlDocument;
  /** In the order of the file. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads the text of a rehearsal file. Never throws on bad input. */
export function readRehearsals(text: string, options: { readonly file?: string } = {}): ReadRehearsals {
  const document = parseYaml(text, options);
  if (document.errors.length > 0) return { rehearsals: [], document, diagnostics: document.errors };
  const value = inKebabCase(document.value);
  const mistakes = isMapping(value)
    ? fileMistakes(document, value)
    : [invalid(document, [], 'A rehearsal file is a mapping with workflow, mocks and expect, but this one is not.')];
  if (mistakes.length > 0) return { rehearsals: [], document, diagnostics: sortDiagnostics(mistakes) };
  const rehearsals = normalise(value as RehearsalFile);
  const diagnostics = sortDiagnostics(rehearsals.flatMap((rehearsal) => checkRehearsal(document, rehearsal)));
  return { rehearsals: diagnostics.length > 0 ? [] : rehearsals, document, diagnostics };
}

function fileMistakes(document: YamlDocument, file: Mapping): readonly Diagnostic[] {
  if (file['tasks'] !== undefined && file['expect'] === undefined) {
    const message = 'This is a workflow, not a rehearsal of one: a rehearsal names a workflow and what must come out.';
    return [invalid(document, ['tasks'], message)];
  }
  const found = [...mistakesIn(document, file, [])];
  const { rehearsals } = file;
  if (rehearsals === undefined) {
    if (file['name'] === undefined) found.push(invalid(document, [], "The key 'name' is missing: what does it show?"));
    return found;
  }
  if (!Array.isArray(rehearsals) || rehearsals.length === 0) {
    found.push(
      invalid(document, ['rehearsals'], "'rehearsals' should be a list of rehearsals with at least one entry."),
    );
    return found;
  }
  for (const [index, entry] of rehearsals.entries()) {
    const path = ['rehearsals', index];
    if (!isMapping(entry)) {
      found.push(invalid(document, path, 'A rehearsal should be a mapping such as { name: …, mocks: …, expect: … }.'));
      continue;
    }
    found.push(...mistakesIn(document, entry, path));
    if (entry['name'] === undefined) found.push(invalid(document, path, "The key 'name' is missing in a rehearsal."));
    if (entry['rehearsals'] === undefined) continue;
    found.push(invalid(document, [...path, 'rehearsals'], 'Rehearsals cannot hold rehearsals of their own.'));
  }
  return found;
}

/** A rehearsal has the keys of a file, so that one validator serves both. */
function mistakesIn(document: YamlDocument, value: Mapping, at: YamlPath): readonly Diagnostic[] {
  return findMistakes(validateRehearsal, notesOfRehearsal, value, 'rehearsal').map((mistake) => {
    const { path, what, ...finding } = mistake;
    return document.diagnose(finding, { path: asWritten(document, [...at, ...path]), what });
  });
}

/** A diagnostic `HEDDLE_REHEARSAL` at a place of the file. */
export function invalid(document: YamlDocument, path: YamlPath, message: string, suggestion?: string): Diagnostic {
  const finding = { code: 'HEDDLE_REHEARSAL', message, ...(suggestion === undefined ? {} : { suggestion }) } as const;
  // An empty file has a first line all the same.
  if (document.text === '') return document.diagnoseRange(finding, { start: 0, end: 0 });
  return document.diagnose(finding, { path: asWritten(document, path) });
}

/** A path with its kebab-case keys as the author wrote them. */
export function asWritten(document: YamlDocument, path: YamlPath): YamlPath {
  const written: (string | number)[] = [];
  for (const step of path) {
    const isKebab = typeof step === 'string' && HYPHENATED.has(step);
    written.push(isKebab && !document.has([...written, step]) ? step.replaceAll('-', '_') : step);
  }
  return written;
}

function checkRehearsal(document: YamlDocument, rehearsal: Rehearsal): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  if (rehearsal.workflow === '') {
    found.push(invalid(document, rehearsal.path, `No workflow is named: add 'workflow: PATH' ${where(rehearsal)}.`));
  }
  if (Number.isNaN(rehearsal.nowMs)) {
    const path = document.has([...rehearsal.path, 'now']) ? [...rehearsal.path, 'now'] : ['now'];
    found.push(
      invalid(document, path, "'now' should be a time such as 2026-01-01T00:00:00Z, but cannot be read as one."),
    );
  }
  for (const mock of [...rehearsal.mocks, ...rehearsal.reruns.flatMap(({ mocks }) => mocks)]) {
    const isFailure = mock.status === 'failed' || mock.status === 'timed_out';
    if (mock.error !== undefined && !isFailure) {
      const message = `A mock with 'error' fails, but its status is ${mock.status}; remove one of them.`;
      found.push(invalid(document, [...mock.path, 'error'], message));
    }
  }
  return found;
}

function where(rehearsal: Rehearsal): string {
  return rehearsal.path.length === 0 ? 'to the file' : 'to the file or to this rehearsal';
}

/** The keys of rehearsals that are more than one word. */
const HYPHENATED: ReadonlySet<string> = new Set(['tasks-unordered', 'output-contains', 'message-contains']);
/** The keys whose values hold keys of rehearsals, too; whatever else a file holds is data. */
const NESTED: ReadonlySet<string> = new Set(['rehearsals', 'rerun', 'expect', 'errors']);

function inKebabCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inKebabCase);
  if (!isMapping(value)) return value;
  const renamed = Object.entries(value).map(([name, part]) => {
    const key = name.replaceAll('_', '-');
    return [HYPHENATED.has(key) ? key : name, NESTED.has(name) ? inKebabCase(part) : part];
  });
  return Object.fromEntries(renamed) as unknown;
}

type Mapping = Readonly<Record<string, unknown>>;

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
