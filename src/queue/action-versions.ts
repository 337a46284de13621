import type { Action } from '../actions/action.ts';

/** Versions of actions, by their names. */
export type Versions = Readonly<Record<string, string>>;

const NONE: Versions = {};
const MAX_KNOWN = 1000;

/** The versions of the actions that a worker has. */
export class ActionVersions {
  readonly #own: Versions;
  readonly #known = new Map<string, Versions>();

  constructor(actions: readonly Pick<Action, 'name' | 'version'>[]) {
    const versioned = actions.flatMap(({ name, version }) => (version === undefined ? [] : [[name, version] as const]));
    this.#own = versioned.length === 0 ? NONE : Object.fromEntries(versioned);
  }

  /** Of those that a stored workflow names. */
  of({ hash, data }: { readonly hash: string; readonly data: unknown }): Versions {
    if (this.#own === NONE) return NONE;
    let found = this.#known.get(hash);
    if (found === undefined) {
      const text = JSON.stringify(data) ?? '';
      found = Object.fromEntries(Object.entries(this.#own).filter(([name]) => text.includes(name)));
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(hash, found);
    }
    return found;
  }

  /** What keeps this worker from work that asks for versions; null: nothing does. */
  problem(needed: Versions = NONE): string | null {
    for (const [name, version] of Object.entries(needed)) {
      const own = this.#own[name];
      if (own !== version) return `it needs version ${version} of ${name}, and here is ${own ?? 'none'}`;
    }
    return null;
  }
}
