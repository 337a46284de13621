import { parseExpression, type Node, type Problem } from '../expression/index.ts';
import { parseTemplate } from './template.ts';

/** What {@link parseCondition} gives; `node` is null where there are errors. */
export interface ParsedCondition {
  readonly node: Node | null;
  readonly problems: readonly Problem[];
}

const OPENER = /<<|\{\{/;

/**
 * Parses a field that is an expression (`when`, `key`, the expressions of aggregations): delimiters around the whole are
 * optional, delimiters around parts an error. Offsets are those of `text`. Never throws.
 */
export function parseCondition(text: string): ParsedCondition {
  if (/^\s*(?:<<|\{\{)/.test(text)) {
    const { kind, parts, problems } = parseTemplate(text);
    const expression = parts.find((part) => part.type === 'expression');
    if (kind === 'expression' && expression !== undefined) return { node: expression.node, problems };
    return problems.some(({ code }) => code === 'HEDDLE_TEMPLATE_UNCLOSED')
      ? { node: null, problems }
      : halfDelimited(text);
  }
  const parsed = parseExpression(text);
  const isBroken = parsed.problems.some(({ severity }) => severity === 'error');
  return isBroken && OPENER.test(text) ? halfDelimited(text) : { node: parsed.node, problems: parsed.problems };
}

function halfDelimited(text: string): ParsedCondition {
  const start = text.search(/\S/);
  const end = text.trimEnd().length;
  const bare = text
    .slice(start, end)
    .replaceAll(/\s*(?:<<|>>|\{\{|\}\})\s*/g, ' ')
    .trim();
  const message =
    'This must be one expression: put << >> around the whole of it, or leave them out; they cannot stand around parts.';
  return {
    node: null,
    problems: [
      {
        code: 'HEDDLE_EXPRESSION_SYNTAX',
        severity: 'error',
        message,
        suggestion: bare,
        start: Math.max(0, start),
        end,
      },
    ],
  };
}
