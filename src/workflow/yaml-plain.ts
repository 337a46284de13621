import { EVENT_ID, SCALAR_STYLE, getScalarValue, type Event } from 'js-yaml';
import { MAX_NODES, resolvePlain } from './yaml-compose.ts';

/** What {@link plainValue} gives for a document that has to be composed node by node. */
export const NOT_PLAIN = Symbol('not plain');

/** Keys that stand for more than their text. */
const SPECIAL_KEYS: ReadonlySet<string> = new Set(['<<', '__proto__']);

type Collection = unknown[] | Record<string, unknown>;

/**
 * The data of a document that holds nothing but lists, mappings and scalars and has nothing wrong with it, which is
 * most of them: straight from js-yaml's events, in a fraction of the time that nodes with places take. Anything else,
 * such as an anchor, a tag or a key that stands twice, is {@link NOT_PLAIN}.
 */
export function plainValue(source: string, events: readonly Event[]): unknown {
  if (events.length > MAX_NODES) return NOT_PLAIN;
  const parents: (Collection | undefined)[] = [];
  let parent: Collection | undefined;
  /** The key whose value comes next; undefined in a list, and where a key comes next. */
  let key: string | undefined;
  let root: unknown = NOT_PLAIN;
  for (let i = 1; i < events.length; i++) {
    const event = events[i] as Event;
    let value: unknown;
    switch (event.type) {
      case EVENT_ID.SCALAR: {
        if (event.anchorStart >= 0 || event.tagStart >= 0) return NOT_PLAIN;
        const isKey = parent !== undefined && !Array.isArray(parent) && key === undefined;
        if (event.valueStart < 0) {
          if (isKey) return NOT_PLAIN;
          value = null;
          break;
        }
        const text = event.fast ? source.slice(event.valueStart, event.valueEnd) : getScalarValue(source, event);
        if (isKey) {
          if (SPECIAL_KEYS.has(text) || Object.hasOwn(parent as object, text)) return NOT_PLAIN;
          key = text;
          continue;
        }
        value = event.style === SCALAR_STYLE.PLAIN ? resolvePlain(text) : text;
        break;
      }
      case EVENT_ID.SEQUENCE:
      case EVENT_ID.MAPPING: {
        if (event.anchorStart >= 0 || event.tagStart >= 0) return NOT_PLAIN;
        // A collection as a key.
        if (parent !== undefined && !Array.isArray(parent) && key === undefined) return NOT_PLAIN;
        const collection: Collection = event.type === EVENT_ID.SEQUENCE ? [] : {};
        parents.push(parent);
        if (parent === undefined) root = collection;
        else if (Array.isArray(parent)) parent.push(collection);
        else parent[key as string] = collection;
        parent = collection;
        key = undefined;
        continue;
      }
      case EVENT_ID.POP:
        // The last one closes the document; after it another one may stand.
        if (parent === undefined) return i === events.length - 1 ? root : NOT_PLAIN;
        parent = parents.pop();
        key = undefined;
        continue;
      default:
        return NOT_PLAIN;
    }
    if (parent === undefined) root = value;
    else if (Array.isArray(parent)) parent.push(value);
    else {
      parent[key as string] = value;
      key = undefined;
    }
  }
  return NOT_PLAIN;
}
