import { parseEvents, type Event } from 'js-yaml';
import type { Finding } from './diagnostic.ts';
import type { Range } from './text-lines.ts';
import { MAX_DEPTH, composeYaml } from './yaml-compose.ts';
import { YamlDocument } from './yaml-document.ts';
import { valueOf } from './yaml-node.ts';
import { NOT_PLAIN, plainValue } from './yaml-plain.ts';
import { explainSyntaxError } from './yaml-syntax.ts';
import { findSilentTraps } from './yaml-trap.ts';
import { patched } from './yaml-value.ts';

/** Longer texts are refused: 10 MB. */
export const MAX_TEXT_LENGTH = 10 * 1024 * 1024;

/** A broken file is parsed again after every mend, until so many characters have been read. */
const MAX_PARSED_CHARACTERS = 4 * MAX_TEXT_LENGTH;
const MAX_MENDS = 100;

const PARSE_OPTIONS = { maxDepth: MAX_DEPTH };

/**
 * Reads one YAML document: core schema, merge keys, positions. Never throws on bad input: what is wrong stands in
 * `errors` (`HEDDLE_YAML_SYNTAX`, `HEDDLE_YAML_TEMPLATE_QUOTES`, `HEDDLE_YAML_LIMIT`, `HEDDLE_SCHEMA` for `__proto__`).
 * Values that YAML cannot read are reported, stand in as unknown, and the rest of the file is read on.
 */
export function parseYaml(text: string, options: { file?: string } = {}): YamlDocument {
  const parts = { text, file: options.file, value: null };
  if (text.length > MAX_TEXT_LENGTH) {
    const message = 'The file is larger than 10 MB.';
    return new YamlDocument({ ...parts, errors: [{ start: 0, end: 0, code: 'HEDDLE_YAML_LIMIT', message }] });
  }
  const read = readEvents(text);
  const errors = [...read.findings];
  if (read.events === undefined) return new YamlDocument({ ...parts, errors });
  const { events, replaced } = read;
  if (errors.length === 0) {
    const value = plainValue(text, events);
    // Parsed again where places are asked for: the events would be a quarter of what a loaded workflow holds.
    const compose = () => composeYaml(text, parseEvents(text, PARSE_OPTIONS), replaced).root;
    if (value !== NOT_PLAIN) return new YamlDocument({ ...parts, errors, compose, value });
  }
  const { root, findings } = composeYaml(read.text, events, replaced);
  errors.push(...findings);
  const refused = findings.some((finding) => finding.code === 'HEDDLE_YAML_LIMIT');
  if (root === undefined || refused) return new YamlDocument({ ...parts, errors });
  const compose = () => root;
  const { damaged } = read;
  return new YamlDocument({ ...parts, errors, compose, value: valueOf(root), damaged, replaced: errors.length > 0 });
}

interface Events {
  /** The text that was parsed in the end: unreadable values are placeholders of the same length. */
  readonly text: string;
  /** Undefined where nothing helped. */
  readonly events: readonly Event[] | undefined;
  readonly findings: readonly (Finding & Range)[];
  /** Where placeholders start. */
  readonly replaced: ReadonlySet<number>;
  /** True where whole lines had to be left out. */
  readonly damaged: boolean;
}

function readEvents(source: string): Events {
  const findings: (Finding & Range)[] = [];
  const replaced = new Set<number>();
  let text = source;
  let damaged = false;
  const give = (events: readonly Event[] | undefined): Events => ({ text, events, findings, replaced, damaged });
  for (let mends = 0, parsed = 0; mends <= MAX_MENDS; mends++) {
    parsed += text.length;
    let events: readonly Event[];
    try {
      events = parseEvents(text, PARSE_OPTIONS);
    } catch (error) {
      const { finding, mended, replaced: start, lossy } = explainSyntaxError(text, error);
      // After lines were left out, further errors may well be a consequence of that.
      if (!damaged) findings.push(finding);
      damaged ||= lossy;
      if (mended === undefined || mended === text || parsed > MAX_PARSED_CHARACTERS) return give(undefined);
      if (start !== undefined) replaced.add(start);
      text = mended;
      continue;
    }
    const traps = findSilentTraps(text, events);
    if (traps.length === 0 || parsed > MAX_PARSED_CHARACTERS) return give(events);
    for (const { finding, patch } of traps) {
      findings.push(finding);
      replaced.add(patch.start);
    }
    text = patched(
      text,
      traps.map(({ patch }) => patch),
    );
  }
  return give(undefined);
}
