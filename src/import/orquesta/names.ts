import {
  atom,
  callCode,
  literalCode,
  memberCode,
  type Call,
  type Code,
  type EngineNames,
  type Source,
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
  /** Names that an output has given to values before: Orquesta reads them with `ctx` like variables. */
  readonly #given: ReadonlyMap<string, Code>;

  constructor(variables: Variables, items?: ItemNames, given: ReadonlyMap<string, Code> = new Map()) {
    this.#variables = variables;
    this.#items = items;
    this.#given = given;
  }

  call(call: Call): Code | undefined {
    switch (call.name) {
      case 'ctx':
        return call.count === 0 ? this.#all() : this.variable(call.atMost(1).text(0), call);
      case 'item':
        return this.#item(call);
      case 'result':
        return callCode('result', call.atMost(0).codes());
      case 'task_status':
        return callCode('status', [literalCode(call.text(0))], 'text');
      case 'json':
        return callCode('parse_json', [call.atMost(1).code(0)]);
      case 'zip':
        return this.#zip(call);
      case 'st2kv':
        return keystore(call);
      default:
        return STATUS.has(call.name) ? callCode(call.name, call.atMost(0).codes(), 'bool') : undefined;
    }
  }

  member(object: Source, name: string, at: { readonly start: number; readonly end: number }): Code | undefined {
    if (isContext(object)) return this.variable(name, { ...at, fail: undefined });
    if (isSt2(object)) {
      const code = ST2.get(name);
      return code === undefined ? undefined : atom(code, 'text');
    }
    return undefined;
  }

  /** What `ctx(name)` is. */
  variable(name: string, _at?: unknown): Code {
    const given = this.#given.get(name);
    if (given !== undefined) return given;
    const root = atom(this.#variables.isParameter(name) ? 'parameters' : 'workflow');
    return { ...memberCode(root, name), type: this.#variables.typeOf(name) };
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

  /** Orquesta's own zip goes on to the end of the longest list. */
  #zip(call: Call): Code {
    if (call.named.length > 0) call.fail('zip() with a padding has no counterpart');
    if (call.count === 1) return call.code(0);
    call.remark("Orquesta's zip() fills up shorter lists with null; heddle's ends with the shortest");
    return callCode('zip', call.codes(), 'list');
  }
}

/** `st2kv('system.name', default, decrypt => true)`: a secret of the run. */
function keystore(call: Call): Code {
  const key = call.text(0).replace(/^(?:system|user)\./, '');
  const secret = memberCode(atom('keystore'), key);
  const other = call.named.find(({ name }) => call.translator.key(name) === 'default');
  if (other === undefined) return secret;
  return { ...secret, text: `${secret.text} ?? ${call.translator.translate(other.value).text}`, power: 3 };
}

function isContext(source: Source): boolean {
  return source.kind === 'call' && source.name === 'ctx' && source.items.length === 0;
}

function isSt2(source: Source): boolean {
  if (source.kind === 'member') return source.name === 'st2' && isContext(source.object);
  const [name] = source.kind === 'call' && source.name === 'ctx' ? source.items : [];
  return (name?.kind === 'word' && name.name === 'st2') || (name?.kind === 'literal' && name.value === 'st2');
}
