import { STANDALONE_NAMES, StandaloneScope, throwFirstError, type ExpressionPorts } from '../expression/index.ts';
import { compileValue, type CompiledValue } from './compiled-value.ts';
import { compileDocument, type Escape, type HandlebarsDocument } from './document.ts';

const MAX_CACHED = 200;
const MAX_CACHED_LENGTH = 100_000;

const documents = new Map<string, HandlebarsDocument>();

/**
 * Renders every template in a value over a record of names. `ports` give `now()`, `uuid()`, `random()`, `sha256()` and
 * `env()`. Throws {@link ExpressionError}.
 *
 * @example render({ url: 'http://<< host >>/' }, { host: 'a' }) // { url: 'http://a/' }
 */
export function render(
  template: unknown,
  names: Readonly<Record<string, unknown>> = {},
  ports?: ExpressionPorts,
): unknown {
  const compiled: CompiledValue = compileValue(template, STANDALONE_NAMES);
  const [problem] = compiled.problems.filter(({ severity }) => severity === 'error');
  if (problem !== undefined) throwFirstError([problem], sourceAt(template, problem.path), problem.path);
  return compiled.render(new StandaloneScope(names, ports));
}

function sourceAt(value: unknown, path: readonly (string | number)[]): string {
  const found = path.reduce<unknown>((each, key) => (each as Record<string | number, unknown>)[key], value);
  return typeof found === 'string' ? found : '';
}

/**
 * Renders a Handlebars document over data; every function is a helper, and `<<` is plain text. Throws
 * {@link ExpressionError} for a document that cannot be parsed and HEDDLE_TEMPLATE_RENDER where a helper fails.
 */
export function renderHandlebars(
  template: string,
  data: Readonly<Record<string, unknown>>,
  options: { readonly escape?: Escape; readonly ports?: ExpressionPorts } = {},
): string {
  const document = documentOf(template, options.escape ?? 'none');
  return document.run(data, [], new StandaloneScope(data, options.ports));
}

function documentOf(template: string, escape: Escape): HandlebarsDocument {
  const key = `${escape} ${template}`;
  const known = documents.get(key);
  if (known !== undefined) return known;
  const whole = { type: 'text', text: template, start: 0, end: template.length } as const;
  const document = compileDocument(template, [whole], STANDALONE_NAMES, escape);
  throwFirstError(document.problems, template);
  if (documents.size >= MAX_CACHED) documents.clear();
  if (template.length <= MAX_CACHED_LENGTH) documents.set(key, document);
  return document;
}
