import type { YamlPath } from '../../workflow/index.ts';
import type { LintReport, Rule } from '../rule.ts';
import { secretIn } from '../secret-text.ts';

/** A password, token or key as text. The message never holds it. */
export const plainSecret: Rule = {
  code: 'HEDDLE_LINT_PLAIN_SECRET',
  level: 'error',
  check: ({ definition, document }, report) => {
    const defaults = new Map(
      definition.parameters.map((parameter) => [[...parameter.path, 'default'].join('\0'), parameter]),
    );
    visit(document.value, [], new Set(), (text, path) => {
      const parameter = defaults.get(path.join('\0'));
      const key = parameter?.name ?? keyOf(path);
      const isSecret = parameter?.secret === true && text.trim() !== '' && !/<<|\{\{/.test(text);
      const found = isSecret ? `the default of the secret parameter '${key}'` : secretIn(text, key);
      if (found === undefined) return;
      // A comment that silences cannot stand within a block text: what is found there is found at its key.
      const [keyLine, line] = (['key', 'value'] as const).map(
        (what) => document.positionAt(document.locate(path, what).start).line,
      );
      reportSecret(report, found, path, keyLine === line ? 'value' : 'key');
    });
  },
};

function reportSecret(report: LintReport, found: string, path: YamlPath, what: 'key' | 'value'): void {
  report(
    {
      message: `${found.charAt(0).toUpperCase()}${found.slice(1)} stands here in plain text.`,
      hint: 'Replace it at its service, put the new one into the keystore and write << keystore.NAME >>.',
    },
    { path, what },
  );
}

/** The key a text stands under; that of the list for an item. */
function keyOf(path: YamlPath): string {
  const key = path.findLast((step) => typeof step === 'string');
  return typeof key === 'string' ? key : '';
}

/** Every text of a value; what several aliases stand for is visited once. */
function visit(
  value: unknown,
  path: YamlPath,
  seen: Set<unknown>,
  found: (text: string, path: YamlPath) => void,
): void {
  if (typeof value === 'string') return found(value, path);
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  const isList = Array.isArray(value);
  for (const [key, part] of Object.entries(value as Record<string, unknown>))
    visit(part, [...path, isList ? Number(key) : key], seen, found);
}
