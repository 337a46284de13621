import { targetOf, type YamlNode } from '../workflow/yaml-node.ts';
import { TextLines } from '../workflow/index.ts';

/** The comments that go with one line of the output. */
export interface LineComments {
  /** Above it, with `#`; an empty text is an empty line between two of them. */
  readonly before: readonly string[];
  /** Behind it, with `#`. */
  readonly behind?: string;
}

/** Where the comments of a file go. */
export interface PlacedComments {
  /** Above everything. */
  readonly header: readonly string[];
  /** By the line of the source they go with. */
  readonly lines: ReadonlyMap<number, LineComments>;
  /** Below everything. */
  readonly footer: readonly string[];
}

interface Comment {
  readonly line: number;
  readonly text: string;
  readonly isAlone: boolean;
}

/**
 * Gives every comment of a YAML text a line of the output to go with: the line it stood behind, or the next one that
 * is left of those below it. `lines` are the lines of the source that the output comes from.
 */
export function placeComments(text: string, root: YamlNode | undefined, lines: Iterable<number>): PlacedComments {
  const kept = [...new Set(lines)].sort((a, b) => a - b);
  const first = root === undefined ? Infinity : new TextLines(text).positionAt(root.start).line;
  const header: string[] = [];
  const footer: string[] = [];
  const placed = new Map<number, { before: string[]; behind?: string }>();
  let previous = 0;
  for (const { line, text: comment, isAlone } of findComments(text, root)) {
    if (isAlone && line < first) {
      if (previous > 0 && line > previous + 1) header.push('');
      header.push(comment);
      previous = line;
      continue;
    }
    const target = kept.find((each) => each >= line);
    if (target === undefined) {
      footer.push(comment);
      continue;
    }
    const entry = placed.get(target) ?? { before: [] };
    placed.set(target, entry);
    if (!isAlone && target === line && entry.behind === undefined) entry.behind = comment;
    else entry.before.push(comment);
  }
  if (previous > 0 && first > previous + 1 && first < Infinity) header.push('');
  return { header, lines: placed, footer };
}

function findComments(text: string, root: YamlNode | undefined): Comment[] {
  const lines = new TextLines(text);
  const scalars: { readonly start: number; readonly end: number }[] = [];
  if (root !== undefined) collectScalars(root, scalars, new Set());
  scalars.sort((a, b) => a.start - b.start);
  const comments: Comment[] = [];
  const pattern = /(^|[ \t\n\r])#([^\n\r]*)/g;
  let next = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const offset = match.index + (match[1]?.length ?? 0);
    while ((scalars[next]?.end ?? Infinity) <= offset) next++;
    const inside = scalars[next];
    if (inside !== undefined && inside.start <= offset) {
      // A comment may stand behind it, on the same line.
      pattern.lastIndex = inside.end;
      continue;
    }
    const { line, column } = lines.positionAt(offset);
    const isAlone =
      lines
        .textOf(line)
        .slice(0, column - 1)
        .trim() === '';
    comments.push({ line, text: `#${(match[2] ?? '').trimEnd()}`, isAlone });
  }
  return comments;
}

function collectScalars(node: YamlNode, into: { start: number; end: number }[], seen: Set<YamlNode>): void {
  const target = targetOf(node);
  if (seen.has(target)) return;
  seen.add(target);
  if (target.kind === 'scalar') into.push({ start: target.start, end: target.end });
  else if (target.kind === 'sequence') for (const item of target.items) collectScalars(item, into, seen);
  else {
    for (const part of target.order) {
      if (typeof part !== 'string') {
        collectScalars(part, into, seen);
        continue;
      }
      const entry = target.entries.get(part);
      if (entry === undefined) continue;
      collectScalars(entry.key, into, seen);
      collectScalars(entry.value, into, seen);
    }
  }
}
