/** One `name=value` of a line. */
export interface InlineParameter {
  readonly name: string;
  readonly value: string | number | boolean | null | readonly unknown[] | Readonly<Record<string, unknown>>;
  /** Where the value begins in the line, behind a quotation mark. */
  readonly offset: number;
}

/** A part of a line that is none, and that Orquesta leaves out without a word. */
export interface InlineRest {
  readonly text: string;
  readonly start: number;
}

/** What Orquesta takes for `name=value`, in the order it tries. */
const PARAMETER = /(\w+)=(\[.*\]\s*|"[^"]*"\s*|'[^']*'\s*|-?\d*\.\d+|-?\d+|true|false|null|<%.*?%>|\{\{.*?\}\})/gi;

/** Reads `a=1 b="two" c=<% ctx(c) %>`, separated by spaces, commas or semicolons. */
export function parseInlineParameters(line: string, from = 0): { parameters: InlineParameter[]; rest: InlineRest[] } {
  const parameters: InlineParameter[] = [];
  const rest: InlineRest[] = [];
  let at = from;
  const leave = (end: number): void => {
    const text = line.slice(at, end);
    const trimmed = text.replace(/^[\s,;]+/, '');
    if (trimmed !== '') rest.push({ text: trimmed.replace(/[\s,;]+$/, ''), start: at + text.length - trimmed.length });
  };
  for (const match of line.slice(from).matchAll(PARAMETER)) {
    const [whole, name = '', written = ''] = match;
    const start = from + match.index;
    leave(start);
    at = start + whole.length;
    const raw = written.trim();
    const isQuoted = /^(["']).*\1$/s.test(raw) && raw.length > 1;
    const offset = start + name.length + 1 + (isQuoted ? 1 : 0);
    parameters.push({ name, value: valueOf(isQuoted ? raw.slice(1, -1) : raw, isQuoted), offset });
  }
  leave(line.length);
  return { parameters, rest };
}

/** What is not in quotes is JSON if it can be; in quotes only an object is. */
function valueOf(text: string, isQuoted: boolean): InlineParameter['value'] {
  if (isQuoted && !(text.startsWith('{') && text.endsWith('}'))) return text;
  const json = /^(?:true|false)$/i.test(text) ? text.toLowerCase() : text;
  try {
    return JSON.parse(json) as InlineParameter['value'];
  } catch {
    return text;
  }
}
