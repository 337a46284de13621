import type { JsonSchema } from './action.ts';

/**
 * `input` with keys in snake_case renamed to the kebab-case its schema declares (`max_bytes` → `max-bytes`), the same
 * mapping where there is nothing to rename. For the time a workflow is loaded, never per iteration.
 */
export function normaliseInputKeys(
  schema: JsonSchema | undefined,
  input: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { properties } = (schema ?? {}) as { readonly properties?: Readonly<Record<string, unknown>> };
  if (properties === undefined) return input;
  const renamed = (key: string): string => {
    const kebab = key.replaceAll('_', '-');
    return Object.hasOwn(properties, key) || !Object.hasOwn(properties, kebab) || Object.hasOwn(input, kebab)
      ? key
      : kebab;
  };
  if (Object.keys(input).every((key) => renamed(key) === key)) return input;
  return Object.fromEntries(Object.entries(input).map(([key, value]) => [renamed(key), value]));
}
