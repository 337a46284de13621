import type { YamlDocument, YamlPath } from '../workflow/index.ts';
import type { Place } from '../workflow/index.ts';

/** Every text of a file with where it stands; what several aliases stand for comes once. */
export function textsOf(document: YamlDocument): readonly (readonly [text: string, path: YamlPath])[] {
  const texts: (readonly [string, YamlPath])[] = [];
  visit(document.value, [], new Set(), texts);
  return texts;
}

function visit(value: unknown, path: YamlPath, seen: Set<unknown>, texts: (readonly [string, YamlPath])[]): void {
  if (typeof value === 'string') texts.push([value, path]);
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  const isList = Array.isArray(value);
  for (const [key, part] of Object.entries(value as Record<string, unknown>))
    visit(part, [...path, isList ? Number(key) : key], seen, texts);
}

/** Where to report what is in a text: a comment that silences cannot stand within a block text, so that it is its key. */
export function placeOfText(document: YamlDocument, path: YamlPath): Place {
  const [keyLine, line] = (['key', 'value'] as const).map(
    (what) => document.positionAt(document.locate(path, what).start).line,
  );
  return { path, what: keyLine === line ? 'value' : 'key' };
}
