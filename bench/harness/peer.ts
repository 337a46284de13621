/**
 * Loads a package of bench/package.json. Its types are those that the suite says it uses: the packages are installed
 * when a benchmark first needs them, and the type check must not.
 */
export async function loadPeer<T>(name: string): Promise<T> {
  return (await import(name)) as T;
}
