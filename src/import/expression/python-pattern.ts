import { Untranslatable, type Span } from './ast.ts';

/** A regular expression of Python as JavaScript has it. @throws Untranslatable where it has something of its own */
export function javascriptPattern(at: Span, python: string): { readonly pattern: string; readonly flags: string } {
  const inline = /^\(\?([aiLmsux]+)\)/.exec(python);
  const given = inline?.[1] ?? '';
  if (/[xL]/.test(given)) throw new Untranslatable(at, `the flags (?${given}) of a pattern have no counterpart`);
  const pattern = python
    .slice(inline?.[0].length ?? 0)
    .replaceAll('(?P<', '(?<')
    .replaceAll(/\(\?P=(\w+)\)/g, '\\k<$1>')
    .replaceAll('\\A', '^')
    .replaceAll('\\Z', '$');
  try {
    new RegExp(pattern, 'u');
  } catch {
    try {
      new RegExp(pattern);
    } catch {
      throw new Untranslatable(at, 'this pattern means something to Python only');
    }
  }
  return { pattern, flags: [...new Set(given.replaceAll(/[au]/g, ''))].join('') };
}
