import { HeddleError } from '../errors/index.ts';
import { nearest } from '../errors/nearest.ts';
import { isTemplate, type ParameterDefinition, type ScheduleDefinition } from '../workflow/index.ts';
import type { SchemaChecker } from './actions.ts';
import type { Report } from './check-graph.ts';
import { cronProblem, isTimeZone } from './cron.ts';
import { planParameters } from './parameters.ts';

/** Checks when a workflow runs by itself, and whether it can with what it is then given. */
export function checkSchedule(
  schedule: ScheduleDefinition,
  parameters: readonly ParameterDefinition[],
  schemas: SchemaChecker,
  report: Report,
): void {
  const { cron, timezone } = schedule;
  const problem = cronProblem(cron.value);
  if (problem !== null) {
    const message = `the time '${cron.value}' ${problem}`;
    const hint =
      'Minute, hour, day of the month, month, day of the week, as in `30 6 * * 1-5`; or @hourly, @daily, @weekly.';
    report({ code: 'HEDDLE_CRON', message, hint }, { path: cron.path });
  }
  if (timezone !== undefined && !isTimeZone(timezone.value)) {
    const message = `'${timezone.value}' is no time zone that is known here`;
    report({ code: 'HEDDLE_CRON', message, hint: 'Expected a name such as Europe/Berlin.' }, { path: timezone.path });
  }
  checkParameters(schedule, parameters, schemas, report);
}

function checkParameters(
  schedule: ScheduleDefinition,
  definitions: readonly ParameterDefinition[],
  schemas: SchemaChecker,
  report: Report,
): void {
  const path = [...schedule.path, 'parameters'];
  for (const [name, value] of Object.entries(schedule.parameters)) {
    const definition = definitions.find((each) => each.name === name);
    const place = { path: [...path, name], what: 'key' } as const;
    if (definition === undefined) {
      const names = definitions.map((each) => each.name);
      const near = nearest(name, names);
      const message = `the workflow has no parameter '${name}'`;
      report({ code: 'HEDDLE_PARAMETERS', message, ...(near === undefined ? {} : { suggestion: near }) }, place);
    } else if (definition.secret) {
      const message = `'${name}' is secret, and a schedule is stored as it stands`;
      const hint = 'Leave it out: workers are given it with --secrets.';
      report({ code: 'HEDDLE_PARAMETERS', message, hint }, place);
    } else if (isTemplate(value)) {
      const message = `'${name}' is taken as it stands: templates of a schedule are not evaluated`;
      report({ code: 'HEDDLE_PARAMETERS', severity: 'warning', message }, { path: place.path });
    } else {
      const problem = valueProblem(definition, value, schemas);
      if (problem !== null) report({ code: 'HEDDLE_PARAMETERS', message: problem }, { path: place.path });
    }
  }
  const missing = definitions.filter(
    ({ name, required, secret, default: value }) =>
      required && !secret && value === undefined && !Object.hasOwn(schedule.parameters, name),
  );
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => `'${name}'`).join(', ');
  const message = `the schedule lacks the required parameter${missing.length > 1 ? 's' : ''} ${names}`;
  const hint = "Give it under 'parameters' of the schedule, or give it a default.";
  report({ code: 'HEDDLE_PARAMETERS', message, hint }, { path: schedule.path, what: 'key' });
}

function valueProblem(definition: ParameterDefinition, value: unknown, schemas: SchemaChecker): string | null {
  try {
    planParameters([definition], schemas).complete({ [definition.name]: structuredClone(value) });
    return null;
  } catch (error) {
    if (error instanceof HeddleError) return error.message;
    throw error;
  }
}
