import { propertyKey, quote, type CodeGenerator } from '../expression/index.ts';
import { isPlain } from './plain-object.ts';

interface DataNode {
  code: string | undefined;
  readonly children: Map<string, DataNode>;
  readonly selfFields: Set<string>;
}

/** The names of the scope that a document mentions, as the object that Handlebars is given. */
export class DataShape {
  readonly #root: DataNode = newNode();

  /** Adds the value that `code` gives under nested names; `selfFields` of it stand for the value itself. */
  add(names: readonly string[], code: string, selfFields: readonly string[]): void {
    let node = this.#root;
    for (const name of names) {
      let next = node.children.get(name);
      if (next === undefined) node.children.set(name, (next = newNode()));
      node = next;
    }
    node.code = code;
    for (const each of selfFields) node.selfFields.add(each);
  }

  /** JavaScript over `s` that builds the object: nothing but what was added. */
  code(generator: CodeGenerator): string {
    return codeOf(this.#root, generator);
  }
}

function newNode(): DataNode {
  return { code: undefined, children: new Map(), selfFields: new Set() };
}

function codeOf({ code, children, selfFields }: DataNode, generator: CodeGenerator): string {
  if (code === undefined) {
    const entries = [...children].map(([name, child]) => `${propertyKey(name)}:${codeOf(child, generator)}`);
    return `{${entries.join(',')}}`;
  }
  if (selfFields.size === 0) return `(${code})`;
  return `${generator.constant(withSelf)}((${code}),[${[...selfFields].map(quote).join(',')}])`;
}

/** The value with fields that stand for itself, where it has none of these names. */
function withSelf(value: unknown, fields: readonly string[]): unknown {
  if (value === undefined || value === null) return value;
  const absent = fields.filter((field) => typeof value !== 'object' || !Object.hasOwn(value, field));
  const self = Object.fromEntries(absent.map((field) => [field, value]));
  if (Array.isArray(value)) return Object.assign([...(value as unknown[])], self);
  return typeof value === 'object' && isPlain(value) ? { ...value, ...self } : self;
}
