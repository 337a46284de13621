import type { Importer } from './importer.ts';

export type { Importer, ImportOptions, OpenedFile } from './importer.ts';
export type { ImportResult } from './result.ts';

/** The engines whose workflows can be imported. */
export const ENGINES: Readonly<Record<string, { readonly title: string; readonly load: () => Promise<Importer> }>> = {
  orquesta: {
    title: 'StackStorm Orquesta',
    load: async () => (await import('./orquesta/index.ts')).importOrquesta,
  },
  attune: {
    title: 'Attune',
    load: async () => (await import('./attune/index.ts')).importAttune,
  },
};

/**
 * The engine that a text is a workflow of, where it says so: Orquesta has a version 1.0, and lists or expressions that
 * heddle does not have. Undefined for workflows of heddle.
 */
export function engineOf(text: string): string | undefined {
  if (!/^version:[ \t]*(['"]?)1\.0\1[ \t]*(?:#.*)?$/m.test(text)) return undefined;
  return ORQUESTA_ONLY.some((pattern) => pattern.test(text)) ? 'orquesta' : undefined;
}

/** What stands in workflows of Orquesta, and in none of heddle. */
const ORQUESTA_ONLY: readonly RegExp[] = [
  /<%[\s\S]*?%>/,
  /^input:/m,
  /^(?:vars|output):\s*(?:#.*)?\n\s*-/m,
  /\{\{\s*(?:ctx|item)\(/,
  /^\s+with:/m,
  /^\s+action:\s+\S+\s+\w+=/m,
];
