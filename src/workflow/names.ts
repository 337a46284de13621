import type { Located, YamlPath } from './definition.ts';
import type { Findings } from './section.ts';
import { isTemplate } from './duration.ts';

/** What may stand in `do` beside task names. */
export const COMMANDS: readonly string[] = ['fail', 'noop', 'continue', 'retry'];

/** One name, several with commas, or a list of names: each once, with its place. */
export function readNames(findings: Findings, value: unknown, path: YamlPath): Located<string>[] {
  const parts: Located<string>[] = [];
  if (typeof value === 'string') parts.push(...splitNames(value, path));
  else if (Array.isArray(value)) {
    for (const [index, entry] of value.entries()) {
      if (typeof entry === 'string') parts.push(...splitNames(entry, [...path, index]));
    }
  }
  if (parts.length === 0) return parts;
  const names = new Map<string, Located<string>>();
  for (const part of parts) {
    if (findings.document.isReplaced(part.path)) continue;
    if (isTemplate(part.value)) {
      findings.report(
        { path: part.path },
        {
          code: 'HEDDLE_SCHEMA',
          message: 'A task is named here, and a template cannot name one.',
          hint: 'Write several transitions with a `when` each.',
        },
      );
    } else if (!names.has(part.value)) names.set(part.value, part);
  }
  return [...names.values()];
}

function splitNames(text: string, path: YamlPath): Located<string>[] {
  if (isTemplate(text) || /^[\w-]+$/.test(text)) return [{ value: text, path }];
  const names: Located<string>[] = [];
  for (const match of text.matchAll(/[^,]+/g)) {
    const name = match[0].trim();
    if (name === '') continue;
    const offset = match.index + match[0].indexOf(name);
    names.push(name === text ? { value: name, path } : { value: name, path, offset });
  }
  return names;
}
