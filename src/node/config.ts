import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Action } from '../actions/action.ts';
import { fileError } from '../actions/files/file-error.ts';
import { parseJson } from '../actions/files/json-text.ts';
import { describeValue } from '../actions/value-description.ts';
import { HeddleError } from '../errors/index.ts';
import { nearest } from '../errors/nearest.ts';
import { actionIn, loadActions } from './load-actions.ts';
import { loadModule } from './module-loader.ts';
import { threaded } from './threads/threaded.ts';

const NAMES = ['heddle.config.ts', 'heddle.config.js', 'heddle.config.mjs', 'heddle.config.json'];
const KEYS = ['actions', 'config', 'keystore', 'env', 'lint'];
const LINT_LEVELS = ['off', 'warning', 'error'];

/** What a `heddle.config` file may hold. */
export interface HeddleConfig {
  /** Actions, or files that export them (relative to the configuration file). */
  readonly actions?: string | readonly (string | Action)[];
  /** What templates see as `config`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** What templates see as `keystore`; masked wherever a value is shown. */
  readonly keystore?: Readonly<Record<string, unknown>>;
  /** Names of the environment variables that `env()` may read. */
  readonly env?: readonly string[];
  /** Levels of lint rules by their names: `off`, `warning` or `error`. */
  readonly lint?: Readonly<Record<string, 'off' | 'warning' | 'error'>>;
}

/** A configuration that was loaded, with everything it names. */
export interface LoadedConfig {
  /** Absolute. */
  readonly file: string;
  /**
   * What it names, in its order. The files among that are loaded when this is first called: TypeScript costs 200 ms.
   *
   * @throws HEDDLE_FILE_NOT_FOUND, HEDDLE_FILE_INVALID, HEDDLE_ACTION_INVALID
   */
  readonly actions: () => Promise<readonly Action[]>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly keystore: Readonly<Record<string, unknown>>;
  readonly env: readonly string[];
  readonly lint: Readonly<Record<string, 'off' | 'warning' | 'error'>>;
}

/**
 * The nearest `heddle.config.ts`, `.js`, `.mjs` or `.json`: in `directory` or above it, at most up to the root of its
 * repository. Undefined: there is none.
 */
export function findConfig(directory: string): string | undefined {
  let folder = resolve(directory);
  for (;;) {
    const file = NAMES.map((name) => join(folder, name)).find((path) => existsSync(path));
    const parent = dirname(folder);
    if (file !== undefined || parent === folder || existsSync(join(folder, '.git'))) return file;
    folder = parent;
  }
}

/**
 * Loads a configuration file.
 *
 * @throws HEDDLE_FILE_NOT_FOUND, HEDDLE_FILE_UNREADABLE, HEDDLE_FILE_INVALID, HEDDLE_ACTION_INVALID. No message holds
 * a value of the keystore.
 */
export async function loadConfig(file: string): Promise<LoadedConfig> {
  const path = resolve(file);
  const value = path.endsWith('.json') ? await readJson(path) : (await loadModule(path))['default'];
  if (!isMapping(value)) throw invalid(path, `must ${path.endsWith('.json') ? 'hold' : 'export by default'} a mapping`);
  for (const key of Object.keys(value)) {
    if (KEYS.includes(key)) continue;
    const near = nearest(key, KEYS);
    throw invalid(
      path,
      `has an unknown key '${key}'; ${near === undefined ? 'there is' : `did you mean '${near}'? There is`} ${KEYS.join(', ')}`,
    );
  }
  return {
    file: path,
    actions: actionsOf(value['actions'], path),
    config: mappingOf(value, 'config', path),
    keystore: mappingOf(value, 'keystore', path),
    env: namesOf(value['env'], path),
    lint: levelsOf(value, path),
  };
}

async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw await fileError(path, error);
  }
  try {
    return parseJson(text, path);
  } catch {
    // The reason that JSON.parse gives quotes the text around the mistake, and that may be a secret.
    throw invalid(path, 'is not JSON');
  }
}

function actionsOf(value: unknown, path: string): () => Promise<readonly Action[]> {
  const entries = (value === undefined ? [] : [value].flat()).map((entry) =>
    typeof entry === 'string' ? resolve(dirname(path), entry) : [threaded(actionIn(path, entry), path)],
  );
  const load = async (): Promise<readonly Action[]> => {
    const actions: Action[] = [];
    for (const entry of entries) actions.push(...(typeof entry === 'string' ? await loadActions(entry) : entry));
    return actions;
  };
  let loading: Promise<readonly Action[]> | undefined;
  return () => (loading ??= load());
}

function mappingOf(
  value: Readonly<Record<string, unknown>>,
  key: string,
  path: string,
): Readonly<Record<string, unknown>> {
  const mapping = value[key] ?? {};
  if (!isMapping(mapping)) throw invalid(path, `must hold a mapping under '${key}'`);
  return mapping;
}

function levelsOf(
  value: Readonly<Record<string, unknown>>,
  path: string,
): Readonly<Record<string, 'off' | 'warning' | 'error'>> {
  const levels = mappingOf(value, 'lint', path);
  for (const [rule, level] of Object.entries(levels)) {
    if (typeof level === 'string' && LINT_LEVELS.includes(level)) continue;
    throw invalid(
      path,
      `must give lint rule '${rule}' one of ${LINT_LEVELS.join(', ')}, found ${describeValue(level)}`,
    );
  }
  return levels as Readonly<Record<string, 'off' | 'warning' | 'error'>>;
}

function namesOf(value: unknown, path: string): readonly string[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((name): name is string => typeof name === 'string')) return value;
  throw invalid(path, `must hold a list of names under 'env', found ${describeValue(value)}`);
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(path: string, problem: string): HeddleError {
  return new HeddleError('HEDDLE_FILE_INVALID', `${path} ${problem}.`);
}
