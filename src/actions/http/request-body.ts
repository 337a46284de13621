import { HeddleError } from '../../errors/index.ts';
import type { HttpRequest } from './exchange.ts';

/** A body as it is sent. */
export interface EncodedBody {
  readonly body: string | null;
  readonly contentType: string | null;
}

/**
 * The body of a request and its content type: one of `body`, `json` and `form`.
 *
 * @throws HEDDLE_INPUT_INVALID where there are several.
 */
export function encodeBody(input: Pick<HttpRequest, 'body' | 'json' | 'form'>): EncodedBody {
  const given = (['body', 'json', 'form'] as const).filter((name) => input[name] !== undefined);
  if (given.length > 1) {
    const names = given.map((name) => `'${name}'`).join(' and ');
    throw new HeddleError('HEDDLE_INPUT_INVALID', `inputs ${names} exclude each other: give one of them`);
  }
  if (input.form !== undefined) {
    return { body: formText(input.form), contentType: 'application/x-www-form-urlencoded' };
  }
  if (input.json !== undefined) return json(input.json);
  if (input.body === undefined || input.body === null) return { body: null, contentType: null };
  return typeof input.body === 'string'
    ? { body: input.body, contentType: 'text/plain; charset=utf-8' }
    : json(input.body);
}

function json(value: unknown): EncodedBody {
  return { body: JSON.stringify(value), contentType: 'application/json' };
}

function formText(form: NonNullable<HttpRequest['form']>): string {
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(form)) {
    for (const part of [value].flat()) fields.append(name, String(part));
  }
  return fields.toString();
}
