import { HeddleError } from '../errors/index.ts';

/** A URL for messages: without password and options. */
export function nameOfUrl(url: URL): string {
  const user = url.username === '' ? '' : `${url.username}@`;
  return `${url.protocol}//${user}${url.host}${url.pathname === '/' ? '' : url.pathname}`;
}

/** Reads the URL of a server. @throws HEDDLE_USAGE where it is none, or of another kind than `schemes` */
export function parseServerUrl(text: string, schemes: readonly string[]): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !schemes.includes(url.protocol.slice(0, -1))) {
    // Not the text itself, which may hold a password.
    throw new HeddleError(
      'HEDDLE_USAGE',
      `The journal's URL is not one of ${schemes.map((scheme) => `${scheme}://`).join(', ')}; give, for example, ${schemes[0]}://user:password@host/0.`,
    );
  }
  return url;
}

/** Takes a parameter that is ours out of a URL; null where it is not in there. */
export function takeParameter(place: string, name: string): { readonly url: string; readonly value: string | null } {
  // What is no URL is refused by who opens it.
  if (!URL.canParse(place)) return { url: place, value: null };
  const url = new URL(place);
  const value = url.searchParams.get(name);
  url.searchParams.delete(name);
  return { url: url.href, value };
}

/** The error for a library that is not there. */
export function libraryMissing(name: string, cause: unknown): HeddleError {
  return new HeddleError(
    'HEDDLE_JOURNAL_DRIVER',
    `The library '${name}' could not be loaded: ${cause instanceof Error ? (cause.message.split('\n', 1)[0] ?? '') : String(cause)}. Install it beside heddle: \`npm install ${name}\`.`,
    { cause },
  );
}

/** The error for a server that does not answer. */
export function unreachable(name: string, cause: unknown): HeddleError {
  return new HeddleError(
    'HEDDLE_JOURNAL_UNREACHABLE',
    `The journal ${name} does not answer: ${reasonOf(cause)}. Check that the server runs, and its address.`,
    { cause },
  );
}

/** The error for a server that refuses who asks. */
export function denied(name: string, cause: unknown): HeddleError {
  return new HeddleError(
    'HEDDLE_JOURNAL_DENIED',
    `The journal ${name} refuses the user of the URL: ${reasonOf(cause)}. Check user, password, database and rights.`,
    { cause },
  );
}

/** The error for a journal of a newer heddle. */
export function tooNew(name: string, version: number, known: number): HeddleError {
  return new HeddleError(
    'HEDDLE_JOURNAL_VERSION',
    `The journal ${name} is of version ${version}, written by a newer heddle; this one knows up to ${known}. Use that heddle or a newer one.`,
  );
}

/** What an error says; several at once where one address was tried after the other. */
export function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(reasonOf).join('; ');
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.replace(/\.$/, '');
}
