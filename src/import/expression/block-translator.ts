import { Untranslatable } from './ast.ts';
import {
  atom,
  binaryCode,
  callCode,
  conditionalCode,
  indexCode,
  lambdaText,
  literalCode,
  memberCode,
  textOf,
  type Code,
} from './code.ts';
import { parseBlocks, type Block, type BlockExpression } from './jinja-blocks.ts';
import { parseJinja } from './jinja-parser.ts';
import { Translator, type EngineNames, type Remark } from './translator.ts';

/** A text in parts: text as it stands, and expressions. */
export type Parts = readonly (string | Code)[];

/** A Jinja template with statements as parts: conditions and loops are expressions here. @throws Untranslatable */
export function translateBlocks(text: string, names: EngineNames): { parts: Parts; remarks: readonly Remark[] } {
  const translator = new BlockTranslator(names);
  return { parts: translator.parts(parseBlocks(text)), remarks: translator.remarks };
}

/** Parts as one expression that gives the text. */
export function concatenated(parts: Parts): Code {
  const [first = literalCode(''), ...rest] = parts.map((part) =>
    typeof part === 'string' ? literalCode(part) : textOf(part),
  );
  return rest.reduce((left, right) => binaryCode('+', left, right, 'text'), first);
}

class BlockTranslator {
  readonly remarks: Remark[] = [];
  readonly #translator: Translator;

  constructor(names: EngineNames) {
    this.#translator = new Translator('jinja', names);
  }

  parts(blocks: readonly Block[]): (string | Code)[] {
    const parts: (string | Code)[] = [];
    for (const [index, block] of blocks.entries()) {
      if (block.kind === 'set') {
        const value = this.#expression(block.value);
        let rest: (string | Code)[] = [];
        this.#translator.inScope([[block.name, value]], () => {
          rest = this.parts(blocks.slice(index + 1));
          return value;
        });
        return [...parts, ...rest];
      }
      if (block.kind === 'text') parts.push(block.text);
      else if (block.kind === 'output') parts.push(this.#expression(block.value));
      else parts.push(block.kind === 'if' ? this.#if(block) : this.#for(block));
    }
    return parts;
  }

  #expression({ source, offset }: BlockExpression, keepsPairs = false): Code {
    const before = this.#translator.remarks.length;
    try {
      const tree = parseJinja(source);
      return keepsPairs ? this.#translator.translate(tree) : this.#translator.translateValue(tree);
    } catch (error) {
      if (!(error instanceof Untranslatable)) throw error;
      throw new Untranslatable({ start: error.start + offset, end: error.end + offset }, error.message);
    } finally {
      for (const { start, end, message } of this.#translator.remarks.splice(before)) {
        this.remarks.push({ start: start + offset, end: end + offset, message });
      }
    }
  }

  #if({ branches, otherwise }: Extract<Block, { kind: 'if' }>): Code {
    return branches.reduceRight<Code>(
      (rest, { test, body }) => conditionalCode(this.#expression(test), concatenated(this.parts(body)), rest),
      concatenated(this.parts(otherwise)),
    );
  }

  #for({ names, list, test, body }: Extract<Block, { kind: 'for' }>): Code {
    const all = this.#expression(list, names.length > 1);
    const name = names.length === 1 && names[0] !== undefined ? names[0] : this.#translator.elementName(all);
    const element = atom(name);
    const kind = { count: names.length, pairs: all.pairs === true };
    const bound = names.map((each, index): readonly [string, Code] => [each, partOf(element, index, kind)]);
    const from =
      test === undefined ? all : callCode('filter', [all, this.#lambda([name], bound, () => this.#expression(test))]);
    const index = atom('i', 'number');
    const loop: (readonly [string, Code])[] = [
      ['loop.index0', index],
      ['loop.index', binaryCode('+', index, literalCode(1), 'number')],
      ['loop.first', binaryCode('==', index, literalCode(0), 'bool')],
      ['loop.last', binaryCode('==', index, binaryCode('-', callCode('length', [from]), literalCode(1)), 'bool')],
    ];
    const lambda = this.#lambda([name, 'i'], [...bound, ...loop], () => concatenated(this.parts(body)));
    return callCode('join', [callCode('map', [from, lambda]), literalCode('')], 'text');
  }

  /** A lambda; a second parameter that its body does not use is left out. */
  #lambda(parameters: readonly string[], names: readonly (readonly [string, Code])[], body: () => Code): string {
    const code = this.#translator.inScope(names, body);
    const used = parameters.filter((name, index) => index === 0 || new RegExp(`\\b${name}\\b`).test(code.text));
    return lambdaText(used, code);
  }
}

/** What `a` and `b` of `for a, b in …` stand for: the parts of a list, or of an entry where there were `.items()`. */
function partOf(element: Code, index: number, { count, pairs }: { count: number; pairs: boolean }): Code {
  if (count === 1) return element;
  return pairs ? memberCode(element, index === 0 ? 'key' : 'value') : indexCode(element, literalCode(index));
}
