import { resolve } from 'node:path';
import type { Action } from '../actions/action.ts';
import { checkAction } from '../actions/define-action.ts';
import { HeddleError } from '../errors/index.ts';
import { loadModule } from './module-loader.ts';
import { threaded } from './threads/threaded.ts';

/**
 * The actions that a JavaScript or TypeScript file exports: every named export that is one, and a default export that
 * is one, or a list or mapping of them.
 *
 * @throws HEDDLE_FILE_NOT_FOUND, HEDDLE_FILE_INVALID; HEDDLE_ACTION_INVALID where there is none, one is not valid, or
 * two have the same name.
 */
export async function loadActions(file: string): Promise<Action[]> {
  const path = resolve(file);
  const { default: standard, ...named } = await loadModule(path);
  const found = new Set<Action>();
  // Other exports are the file's own business.
  for (const value of [...Object.values(named).filter(looksLikeAction), ...membersOf(standard)]) {
    found.add(actionIn(path, value));
  }

  if (found.size === 0) {
    throw new HeddleError(
      'HEDDLE_ACTION_INVALID',
      `${path} exports no action. Write export const greet = defineAction({ name: 'demo.greet', run: … }).`,
    );
  }
  checkNames([...found], path);
  return [...found].map((action) => threaded(action, path));
}

/** Everything that looks like an action in what a file of actions or a configuration exports; for a thread, unchecked. */
export async function exportedActions(path: string): Promise<readonly Action[]> {
  const { default: standard, ...named } = await loadModule(path);
  const listed = (standard as { actions?: unknown } | null | undefined)?.actions;
  const values = [...Object.values(named), ...membersOf(standard), ...membersOf(listed)];
  return values.filter(looksLikeAction) as Action[];
}

/**
 * A value of a file as the action it must be.
 *
 * @throws HEDDLE_ACTION_INVALID naming the file.
 */
export function actionIn(path: string, value: unknown): Action {
  try {
    checkAction(value);
  } catch (cause) {
    if (!(cause instanceof HeddleError)) throw cause;
    throw new HeddleError('HEDDLE_ACTION_INVALID', `${path}: ${cause.message}`, { cause });
  }
  return value;
}

function checkNames(actions: readonly Action[], path: string): void {
  const names = new Set<string>();
  for (const { name } of actions) {
    if (names.has(name)) {
      throw new HeddleError(
        'HEDDLE_ACTION_INVALID',
        `${path} exports two actions called '${name}'. Rename one of them.`,
      );
    }
    names.add(name);
  }
}

function membersOf(standard: unknown): readonly unknown[] {
  if (standard === undefined || standard === null || looksLikeAction(standard)) return standard ? [standard] : [];
  if (Array.isArray(standard)) return standard;
  return typeof standard === 'object' ? Object.values(standard) : [];
}

function looksLikeAction(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'run' in value && 'name' in value;
}
