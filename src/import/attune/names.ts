import { CONTEXT_FUNCTIONS, FUNCTION_NAMES } from '../../expression/index.ts';
import {
  atom,
  callCode,
  literalCode,
  memberCode,
  Untranslatable,
  type Call,
  type Code,
  type EngineNames,
  type Source,
  type Span,
} from '../expression/index.ts';
import type { AttuneContext } from './context.ts';

/** Names that mean the same in both. */
const SAME: ReadonlySet<string> = new Set(['parameters', 'workflow', 'task', 'config', 'keystore', 'item', 'index']);
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['vars', 'workflow'],
  ['variables', 'workflow'],
  ['tasks', 'task'],
]);
/** Functions of the execution that has just completed. */
const OUTCOME: ReadonlySet<string> = new Set(['result', 'succeeded', 'failed', 'timed_out', 'cancelled']);
/** Functions that need nothing of a run: they may stand anywhere. */
const ANYWHERE: ReadonlySet<string> = new Set([
  ...FUNCTION_NAMES,
  ...CONTEXT_FUNCTIONS.filter(({ needs }) => needs === 'host').map(({ name }) => name),
]);
const SYSTEM: ReadonlyMap<string, string> = new Map([['workflow_start', 'system.started_at']]);

/** Attune's names and functions, most of which are heddle's. */
export class AttuneNames implements EngineNames {
  readonly #context: Pick<AttuneContext, 'variables' | 'approvals'>;

  constructor(context: Pick<AttuneContext, 'variables' | 'approvals'>) {
    this.#context = context;
  }

  word(name: string): Code | undefined {
    if (name === 'null') return literalCode(null);
    const own = SYNONYMS.get(name) ?? (SAME.has(name) ? name : undefined);
    if (own !== undefined) return atom(own);
    // A bare name is a variable where it is no other name.
    return this.#context.variables.has(name) ? memberCode(atom('workflow'), name) : undefined;
  }

  call(call: Call): Code | undefined {
    if (OUTCOME.has(call.name)) return callCode(call.name, call.atMost(0).codes());
    if (call.name === 'match') return callCode('match', [call.atMost(2).code(1), call.code(0)], 'bool');
    if (call.name === 'type_of') call.remark("type_of() says 'list' where Attune says 'array'");
    return ANYWHERE.has(call.name) ? callCode(call.name, call.codes()) : undefined;
  }

  member(object: Source, name: string, at: Span): Code | undefined {
    if (object.kind === 'word' && object.name === 'pack' && name === 'config') return atom('config');
    if (object.kind === 'word' && object.name === 'system') return system(name, at);
    const [root, field] =
      object.kind === 'member' && object.object.kind === 'word' ? [object.object.name, object.name] : [];
    if (field === undefined) return undefined;
    if (root === 'inquiry') return this.#inquiry(field, name, at);
    if (root !== 'task' && root !== 'tasks') return undefined;
    // The result itself; in heddle a result may also have a field of that name.
    if (name === 'result' || name === 'data') return memberCode(atom('task'), field);
    if (name !== 'error') return undefined;
    throw new Untranslatable(
      at,
      'the error of a task is error(), in its transitions and in its retry; it has a code and a message',
    );
  }

  #inquiry(task: string, name: string, at: Span): Code {
    const approval = this.#context.approvals.get(task);
    if (approval === undefined) throw new Untranslatable(at, `no task '${task}' waits for an inquiry`);
    if (name === 'response') return memberCode(atom('task'), approval);
    throw new Untranslatable(at, `an approval has an answer, and no counterpart for inquiry.${task}.${name}`);
  }
}

function system(name: string, at: Span): Code {
  const code = SYSTEM.get(name);
  if (code !== undefined) return atom(code, 'text');
  throw new Untranslatable(at, `there is no counterpart for system.${name}; give it to the run as a parameter`);
}
