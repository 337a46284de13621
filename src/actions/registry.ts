import { HeddleError } from '../errors/index.ts';
import { nearest } from '../errors/nearest.ts';
import type { Action } from './action.ts';
import { checkAction } from './define-action.ts';

/** The actions a workflow may name. */
export interface ActionRegistry {
  get(name: string): Action | undefined;
  has(name: string): boolean;
  /** All names, sorted. */
  names(): readonly string[];
  /** All actions, sorted by name. */
  list(): readonly Action[];
  /**
   * Adds an action. `source` says in errors where it comes from (a file); default `this program`.
   *
   * @throws HEDDLE_ACTION_INVALID where it is no action, or its name is taken.
   */
  register(action: Action, source?: string): void;
  /** A registered name so near to `name` that it was probably meant. */
  suggest(name: string): string | undefined;
}

/**
 * Creates a registry that holds `actions`.
 *
 * @throws HEDDLE_ACTION_INVALID as `register`.
 */
export function createRegistry(actions: Iterable<Action> = [], source?: string): ActionRegistry {
  const entries = new Map<string, { readonly action: Action; readonly source: string }>();

  const registry: ActionRegistry = {
    get: (name) => entries.get(name)?.action,
    has: (name) => entries.has(name),
    names: () => [...entries.keys()].sort(),
    list: () => registry.names().flatMap((name) => entries.get(name)?.action ?? []),
    register(action, from = 'this program') {
      checkAction(action);
      const taken = entries.get(action.name);
      if (taken !== undefined) {
        if (taken.action === action) return;
        throw new HeddleError(
          'HEDDLE_ACTION_INVALID',
          `Two actions are called '${action.name}': one from ${taken.source}, one from ${from}. Rename one of them.`,
        );
      }
      entries.set(action.name, { action, source: from });
    },
    suggest: (name) => suggestAction(name, registry.names()),
  };
  for (const action of actions) registry.register(action, source);
  return registry;
}

function suggestAction(name: string, names: readonly string[]): string | undefined {
  // The verb alone is how people ask for an action whose namespace they forgot.
  const byVerb = names.filter((candidate) => candidate.endsWith(`.${name}`));
  return byVerb.length === 1 ? byVerb[0] : nearest(name, names);
}
