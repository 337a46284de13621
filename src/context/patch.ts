/** A change of the variables, as Immer writes it; the first element of `path` is the variable's name. */
export interface Patch {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: readonly (string | number)[];
  readonly value?: unknown;
}
