import { HeddleError } from '../errors/index.ts';
import { parseYaml, type Diagnostic } from '../workflow/index.ts';
import { arrange } from './arrange.ts';
import { readComments } from './comments.ts';
import { printTree } from './print-tree.ts';
import { UnusualForm, readTree } from './read-tree.ts';

/** What formatting gives. */
export interface FormatResult {
  /** The text as it should be; where there are diagnostics, as it was. */
  readonly text: string;
  /** Why the text was left as it was. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Lays out a YAML file: two spaces a level, one space behind colons and dashes, at most one blank line, `\n` and one line
 * break at the end. In a workflow the keys are put in order, and heddle's own are spelled in kebab-case. Scalars, quotes,
 * block texts, anchors and comments stay as their author wrote them. Formatting twice gives what formatting once gives.
 *
 * A file that is not YAML, or of a form that has no layout here, is left as it is, with diagnostics.
 */
export function formatYaml(text: string, options: { file?: string } = {}): FormatResult {
  const source = text.replace(/^\uFEFF/, '').replaceAll(/\r\n?/g, '\n');
  const document = parseYaml(source, options);
  if (document.errors.length > 0) return { text, diagnostics: document.errors };
  if (source.trim() === '') return { text: '', diagnostics: [] };
  try {
    const tree = readTree(source);
    arrange(tree);
    const printed = printTree(tree);
    assertSame(source, printed);
    return { text: printed, diagnostics: [] };
  } catch (error) {
    if (!(error instanceof UnusualForm)) throw error;
    const { offset: start, message } = error;
    const finding = {
      code: 'HEDDLE_FORMAT_SKIPPED',
      severity: 'warning',
      message: `Not formatted: ${message}.`,
    } as const;
    return { text, diagnostics: [document.diagnoseRange(finding, { start, end: start + 1 })] };
  }
}

/** A formatter that changes a meaning or loses a comment does more harm than an untidy file. */
function assertSame(source: string, printed: string): void {
  const after = parseYaml(printed);
  const isSame =
    after.errors.length === 0 &&
    canonical(after.value) === canonical(parseYaml(source).value) &&
    commentsIn(printed) === commentsIn(source);
  if (!isSame)
    throw new HeddleError('HEDDLE_INTERNAL', 'formatting would have changed what the file says; it was left as it is');
}

function commentsIn(text: string): string {
  return readComments(text)
    .map((comment) => comment.text)
    .sort()
    .join('\n');
}

/** A value as text in which neither the order of keys nor `_` against `-` in them counts. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? String(value);
  const entries = Object.entries(value).map(
    ([key, part]) => `${JSON.stringify(key.replaceAll('_', '-'))}:${canonical(part)}`,
  );
  return `{${entries.sort().join(',')}}`;
}
