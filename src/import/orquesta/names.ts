import {
  atom,
  callCode,
  indexCode,
  literalCode,
  memberCode,
  otherwiseCode,
  Untranslatable,
  type Call,
  type Code,
  type EngineNames,
  type Source,
  type SourceOf,
  type Span,
} from '../expression/index.ts';
import type { Variables } from './variables.ts';

/** What `item()` and `item(x)` stand for in a task. */
export interface ItemNames {
  /** The code of the element. */
  readonly whole: Code;
  readonly byKey: ReadonlyMap<string, Code>;
}

/** The status functions, which are heddle's too. */
const STATUS: ReadonlySet<string> = new Set(['succeeded', 'failed', 'completed']);

/** What StackStorm says of the run under `ctx().st2`. */
const ST2: ReadonlyMap<string, string> = new Map([
  ['action_execution_id', 'system.run_id'],
  ['workflow_execution_id', 'system.run_id'],
  ['start_timestamp', 'system.started_at'],
]);

/** The functions of Orquesta and StackStorm in expressions. */
export class OrquestaNames implements EngineNames {
  readonly #variables: Variables;
  readonly #items: ItemNames | undefined;
  /** Names that mean something else here than they do in tasks. */
  readonly #given: ReadonlyMap<string, Code>;

  constructor(variables: Variables, items?: ItemNames, given: ReadonlyMap<string, Code> = new Map()) {
    this.#variables = variables;
    this.#items = items;
    this.#given = given;
  }

  call(call: Call): Code | undefined {
    switch (call.name) {
      case 'ctx':
        return call.count === 0 ? this.#all() : this.#variable(call.atMost(1).text(0), call);
      case 'item':
        return this.#item(call);
      case 'result':
        return callCode('result', call.atMost(0).codes());
      case 'task_status':
        return callCode('status', [literalCode(call.text(0))], 'text');
      case 'task':
        return call.fail('of what task() gives, only .result, .status and .task_name have a counterpart');
      case 'json':
        return callCode('parse_json', [call.atMost(1).code(0)]);
      case 'zip':
        return zip(call);
      case 'st2kv':
        return keystore(call);
      default:
        return STATUS.has(call.name) ? callCode(call.name, call.atMost(0).codes(), 'bool') : undefined;
    }
  }

  member(object: Source, name: string, at: Span): Code | undefined {
    if (isContext(object)) return this.#variable(name, at);
    if (isSt2(object) && !this.#variables.has('st2')) return st2(name, at);
    return object.kind === 'call' && object.name === 'task' ? taskField(object, name) : undefined;
  }

  /** What `ctx(name)` is. */
  #variable(name: string, at: Span): Code {
    const given = this.#given.get(name);
    if (given !== undefined) return given;
    if (name === 'st2' && !this.#variables.has(name)) {
      throw new Untranslatable(at, 'there is no counterpart for all that StackStorm says of a run');
    }
    const isParameter = this.#variables.isParameter(name);
    // A name with dots is published as a part of a variable.
    const path = this.#variables.isOnlyPublished(name) ? name.split('.') : [name];
    const code = path.reduce((root, part) => memberCode(root, part), atom(isParameter ? 'parameters' : 'workflow'));
    return { ...code, type: this.#variables.typeOf(name) };
  }

  #all(): Code {
    const { parameters, variables } = this.#variables.kinds;
    if (parameters && variables) return callCode('merge', ['parameters', 'workflow'], 'object');
    return atom(parameters ? 'parameters' : 'workflow', 'object');
  }

  #item(call: Call): Code {
    const items = this.#items;
    if (items === undefined) return call.fail('item() stands outside of a task with items');
    if (call.atMost(1).count === 0) return items.whole;
    const key = call.text(0);
    return items.byKey.get(key) ?? memberCode(items.whole, key);
  }
}

/** Orquesta's own zip goes on to the end of the longest list. */
function zip(call: Call): Code {
  if (call.named.length > 0) call.fail('zip() with a padding has no counterpart');
  if (call.count === 1) return call.code(0);
  call.remark("Orquesta's zip() fills up shorter lists with null; heddle's ends with the shortest");
  return callCode('zip', call.codes(), 'list');
}

/** `st2kv('system.name', default, decrypt => true)`: a secret of the run. */
function keystore(call: Call): Code {
  const key = call.code(0);
  const name = typeof key.literal === 'string' ? literalCode(key.literal.replace(/^(?:system|user)\./, '')) : key;
  const secret = indexCode(atom('keystore'), name);
  const other = call.named.find((each) => call.translator.key(each.name) === 'default');
  return other === undefined ? secret : otherwiseCode(secret, call.translator.translate(other.value));
}

/** A field of `task(name)`; without a name, of the task that has just completed. */
function taskField(call: SourceOf<'call'>, name: string): Code | undefined {
  const [task, ...more] = call.items;
  if (more.length > 0 || call.named.length > 0) return undefined;
  if (task === undefined) return name === 'result' || name === 'status' ? callCode(name, []) : undefined;
  const id = task.kind === 'word' ? task.name : task.kind === 'literal' ? String(task.value) : undefined;
  if (id === undefined) return undefined;
  if (name === 'result') return memberCode(atom('task'), id);
  if (name === 'status') return callCode('status', [literalCode(id)], 'text');
  return name === 'task_name' || name === 'task_id' ? literalCode(id) : undefined;
}

function st2(name: string, at: Span): Code {
  const code = ST2.get(name);
  if (code !== undefined) return atom(code, 'text');
  throw new Untranslatable(at, `there is no counterpart for st2.${name}; give it to the run as a parameter`);
}

function isContext(source: Source): boolean {
  return source.kind === 'call' && source.name === 'ctx' && source.items.length === 0;
}

function isSt2(source: Source): boolean {
  if (source.kind === 'member') return source.name === 'st2' && isContext(source.object);
  const [name] = source.kind === 'call' && source.name === 'ctx' ? source.items : [];
  return (name?.kind === 'word' && name.name === 'st2') || (name?.kind === 'literal' && name.value === 'st2');
}
