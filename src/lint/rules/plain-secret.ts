import type { Place, YamlPath } from '../../workflow/index.ts';
import type { LintReport, Rule } from '../rule.ts';
import { secretIn } from '../secret-text.ts';
import { placeOfText, textsOf } from '../texts.ts';

/** A password, token or key as text. The message never holds it. */
export const plainSecret: Rule = {
  code: 'HEDDLE_LINT_PLAIN_SECRET',
  level: 'error',
  check: ({ definition, document }, report) => {
    const defaults = new Map(
      definition.parameters.map((parameter) => [[...parameter.path, 'default'].join('\0'), parameter]),
    );
    for (const [text, path] of textsOf(document)) {
      const parameter = defaults.get(path.join('\0'));
      const key = parameter?.name ?? keyOf(path);
      const isSecret = parameter?.secret === true && text.trim() !== '' && !/<<|\{\{/.test(text);
      const found = isSecret ? `the default of the secret parameter '${key}'` : secretIn(text, key);
      if (found !== undefined) reportSecret(report, found, placeOfText(document, path));
    }
  },
};

function reportSecret(report: LintReport, found: string, place: Place): void {
  report(
    {
      message: `${found.charAt(0).toUpperCase()}${found.slice(1)} stands here in plain text.`,
      hint: 'Replace it at its service, put the new one into the keystore and write << keystore.NAME >>.',
    },
    place,
  );
}

/** The key a text stands under; that of the list for an item. */
function keyOf(path: YamlPath): string {
  const key = path.findLast((step) => typeof step === 'string');
  return typeof key === 'string' ? key : '';
}
