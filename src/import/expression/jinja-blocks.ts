import { Untranslatable, type Span } from './ast.ts';

/** An expression in a template, and where it begins. */
export interface BlockExpression {
  readonly source: string;
  readonly offset: number;
}

/** A piece of a Jinja template with statements. */
export type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'output'; readonly value: BlockExpression }
  | {
      readonly kind: 'if';
      readonly branches: readonly { readonly test: BlockExpression; readonly body: readonly Block[] }[];
      readonly otherwise: readonly Block[];
    }
  | {
      readonly kind: 'for';
      readonly names: readonly string[];
      readonly list: BlockExpression;
      readonly test: BlockExpression | undefined;
      readonly body: readonly Block[];
    }
  | { readonly kind: 'set'; readonly name: string; readonly value: BlockExpression };

interface Token extends Span {
  readonly kind: 'text' | 'output' | 'statement';
  readonly text: string;
  /** Where the text without delimiters begins. */
  readonly inside: number;
}

const DELIMITED = /\{%([-+]?)([\s\S]*?)([-+]?)%\}|\{\{(-?)([\s\S]*?)(-?)\}\}|\{#[\s\S]*?#\}/g;

/** Reads a text with `{% … %}` in it. @throws Untranslatable */
export function parseBlocks(text: string): readonly Block[] {
  const reader = new BlockReader(tokensOf(text));
  const { blocks } = reader.read([]);
  return blocks;
}

/** Texts and delimited parts; white space is trimmed as StackStorm sets Jinja up: a statement takes its whole line. */
function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let trimsNext = '';
  const addText = (end: number, trimEnd: string): void => {
    let part = text.slice(at, end);
    if (trimsNext === '-') part = part.trimStart();
    else if (trimsNext === 'line') part = part.replace(/^\r?\n/, '');
    if (trimEnd === '-') part = part.trimEnd();
    else if (trimEnd === 'line') part = part.replace(/(^|\n)[ \t]+$/, '$1');
    if (part !== '') tokens.push({ kind: 'text', text: part, start: at, end, inside: at });
  };
  let raw = false;
  for (const match of text.matchAll(DELIMITED)) {
    const [whole, before, statement, after, outBefore, output, outAfter] = match;
    const end = match.index + whole.length;
    if (raw && statement?.trim() !== 'endraw') continue;
    const isStatement = statement !== undefined;
    const dash = before === '-' || outBefore === '-';
    addText(match.index, dash ? '-' : isStatement && before !== '+' ? 'line' : '');
    trimsNext = after === '-' || outAfter === '-' ? '-' : isStatement || output === undefined ? 'line' : '';
    at = end;
    if (isStatement) raw = statement.trim() === 'raw';
    const inner = statement ?? output;
    if (inner === undefined || /^\s*(?:end)?raw\s*$/.test(inner)) continue;
    const inside = match.index + whole.indexOf(inner, 2);
    tokens.push({ kind: isStatement ? 'statement' : 'output', text: inner, start: match.index, end, inside });
  }
  addText(text.length, '');
  return tokens;
}

/** How deep statements may nest. */
const MAX_NESTING = 50;

class BlockReader {
  readonly #tokens: readonly Token[];
  #at = 0;
  #nesting = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** Reads up to one of the statements that end a body, which is read too. */
  read(enders: readonly string[], opener?: Token): { blocks: Block[]; ender: Token | undefined } {
    const blocks: Block[] = [];
    for (;;) {
      const token = this.#tokens[this.#at++];
      if (token === undefined) {
        if (opener !== undefined) throw new Untranslatable(opener, 'this statement is not ended');
        return { blocks, ender: undefined };
      }
      if (token.kind === 'text') blocks.push({ kind: 'text', text: token.text });
      else if (token.kind === 'output') {
        blocks.push({ kind: 'output', value: { source: token.text, offset: token.inside } });
      } else {
        const word = /^\s*(\w*)/.exec(token.text)?.[1] ?? '';
        if (enders.includes(word)) return { blocks, ender: token };
        blocks.push(this.#statement(token, word));
      }
    }
  }

  #statement(token: Token, word: string): Block {
    if (this.#nesting === MAX_NESTING) throw new Untranslatable(token, 'statements are nested too deeply');
    this.#nesting++;
    const block = this.#block(token, word);
    this.#nesting--;
    return block;
  }

  #block(token: Token, word: string): Block {
    if (word === 'if') return this.#if(token);
    if (word === 'for') return this.#for(token);
    const set = /^\s*set\s+(\w+)\s*=/.exec(token.text);
    if (set?.[1] !== undefined) return { kind: 'set', name: set[1], value: behind(token, set[0].length) };
    throw new Untranslatable(token, `the statement '${word}' of Jinja has no counterpart`);
  }

  #if(opener: Token): Block {
    const branches: { test: BlockExpression; body: Block[] }[] = [];
    let head = opener;
    for (;;) {
      const test = behind(head, /^\s*\w+/.exec(head.text)?.[0].length ?? 0);
      const { blocks, ender } = this.read(['elif', 'else', 'endif'], opener);
      branches.push({ test, body: blocks });
      if (ender === undefined || !/^\s*elif\b/.test(ender.text)) {
        const isElse = ender !== undefined && /^\s*else\b/.test(ender.text);
        return { kind: 'if', branches, otherwise: isElse ? this.read(['endif'], opener).blocks : [] };
      }
      head = ender;
    }
  }

  #for(opener: Token): Block {
    const head = /^\s*for\s+(\w+(?:\s*,\s*\w+)*)\s+in\s/.exec(opener.text);
    if (head?.[1] === undefined) throw new Untranslatable(opener, 'this loop is not understood');
    const names = head[1].split(/\s*,\s*/);
    const rest = behind(opener, head[0].length);
    const condition = /\sif\s(?!.*\selse\s)/.exec(rest.source);
    const list = condition === null ? rest : { ...rest, source: rest.source.slice(0, condition.index) };
    const testAt = condition === null ? 0 : condition.index + condition[0].length;
    const test = condition === null ? undefined : { source: rest.source.slice(testAt), offset: rest.offset + testAt };
    const { blocks, ender } = this.read(['endfor', 'else'], opener);
    if (ender !== undefined && /^\s*else\b/.test(ender.text)) {
      throw new Untranslatable(ender, "the 'else' of a loop has no counterpart");
    }
    return { kind: 'for', names, list, test, body: blocks };
  }
}

function behind(token: Token, length: number): BlockExpression {
  return { source: token.text.slice(length), offset: token.inside + length };
}
