import { YAMLException, parseEvents, type Event } from 'js-yaml';
import type { Finding } from './diagnostic.ts';
import type { Range } from './text-lines.ts';
import { MAX_DEPTH, composeYaml } from './yaml-compose.ts';
import { YamlDocument } from './yaml-document.ts';
import { valueOf } from './yaml-node.ts';

/** Longer texts are refused: 10 MB. */
export const MAX_TEXT_LENGTH = 10 * 1024 * 1024;

/**
 * Reads one YAML document: core schema, merge keys, positions. Never throws on bad input: what is wrong stands in
 * `errors` (`HEDDLE_YAML_SYNTAX`, `HEDDLE_YAML_TEMPLATE_QUOTES`, `HEDDLE_YAML_LIMIT`, `HEDDLE_SCHEMA` for `__proto__`).
 */
export function parseYaml(text: string, options: { file?: string } = {}): YamlDocument {
  const findings: (Finding & Range)[] = [];
  const parts = { text, file: options.file, errors: findings };
  if (text.length > MAX_TEXT_LENGTH) {
    findings.push({ start: 0, end: 0, code: 'HEDDLE_YAML_LIMIT', message: 'The file is larger than 10 MB.' });
    return new YamlDocument({ ...parts, value: null });
  }
  let events: Event[];
  try {
    events = parseEvents(text, { maxDepth: MAX_DEPTH });
  } catch (error) {
    const offset = error instanceof YAMLException ? (error.mark?.position ?? 0) : 0;
    const message = error instanceof YAMLException ? error.reason : String(error);
    findings.push({ start: offset, end: offset + 1, code: 'HEDDLE_YAML_SYNTAX', message });
    return new YamlDocument({ ...parts, value: null });
  }
  const { root, findings: composed } = composeYaml(text, events, new Set());
  findings.push(...composed);
  const refused = findings.some((finding) => finding.code === 'HEDDLE_YAML_LIMIT');
  if (root === undefined || refused) return new YamlDocument({ ...parts, value: null });
  return new YamlDocument({ ...parts, root, value: valueOf(root) });
}
