/** How long something may take that is waited for, in milliseconds, on a busy machine. */
const DEADLINE_MS = 40_000;
const LOOK_MS = 10;

/** Waits until `look` gives something other than false and null; fails with `what` where that takes too long. */
export async function until<T>(
  what: string,
  look: () => T | false | null | Promise<T | false | null>,
  everyMs = LOOK_MS,
): Promise<T> {
  for (const startedAtMs = performance.now(); ;) {
    const found = await look();
    if (found !== false && found !== null) return found;
    if (performance.now() - startedAtMs > DEADLINE_MS) throw new Error(`waited too long until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
