import { schemaProblems } from '../actions/validate.ts';
import { HeddleError } from '../errors/index.ts';
import { planParameters } from '../plan/parameters.ts';
import type { ParameterDefinition } from '../workflow/index.ts';

/**
 * The parameters of a run that is to be queued, with defaults filled in and without secret ones, which workers are given.
 *
 * @throws HEDDLE_PARAMETERS where they do not fit; HEDDLE_QUEUE_SECRET where a secret one is given
 */
export function queuedParameters(
  definitions: readonly ParameterDefinition[],
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const secret = definitions.filter((definition) => definition.secret).map(({ name }) => name);
  const refused = secret.filter((name) => Object.hasOwn(given, name));
  if (refused.length > 0) {
    const names = refused.map((name) => `'${name}'`).join(', ');
    throw new HeddleError(
      'HEDDLE_QUEUE_SECRET',
      `Parameter ${names} is secret, and what is queued is stored: leave it out, and start workers with --secrets FILE that holds it under that name.`,
    );
  }
  const open = definitions.filter((definition) => !definition.secret);
  // A workflow that declares none takes any; one that declares secret ones only takes no other.
  if (open.length === 0 && secret.length > 0 && Object.keys(given).length > 0) {
    throw new HeddleError('HEDDLE_PARAMETERS', `there is no parameter '${Object.keys(given)[0] ?? ''}'`);
  }
  return planParameters(open, { problems: schemaProblems }).complete(given);
}
