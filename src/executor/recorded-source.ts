import { HeddleError } from '../errors/index.ts';
import type { FileIdentity } from './entries.ts';
import { fingerprint } from './fingerprint.ts';
import type { FileItemsRequest, Host } from './host.ts';
import { sourceOf, type ItemSource } from './item-source.ts';
import type { ItemsProgress } from './items-progress.ts';
import type { Recorder } from './recorder.ts';

/** Where the record of a source goes, and what it says so far. */
export interface SourceRecord {
  readonly recorder: Pick<Recorder, 'push'>;
  readonly execution: number;
  /** Null: it is opened for the first time. */
  readonly progress: ItemsProgress | null;
}

/**
 * Chunks of a file's elements from element `first` on. The places where reading can begin again are recorded, and used.
 *
 * @throws HEDDLE_SOURCE_CHANGED (while it is iterated over) where the file is not the one that was read before
 */
export async function* recordedFile(
  host: Host,
  request: FileItemsRequest,
  { recorder, execution, progress }: SourceRecord,
  first: number,
): AsyncGenerator<readonly unknown[], void, undefined> {
  const file = await host.identify(request.path);
  const known = progress?.file ?? null;
  if (known === null) recorder.push({ type: 'source', execution, total: null, file });
  else checkFile(known, file);
  const from = progress?.positionFor(first) ?? null;
  let place: unknown = null;
  let index = from?.index ?? 0;
  for await (const chunk of host.openItems(request, from?.place, (next) => (place = next))) {
    const skipped = Math.max(0, first - index);
    index += chunk.length;
    if (place !== null) recorder.push({ type: 'position', execution, index, place });
    place = null;
    if (skipped < chunk.length) yield skipped === 0 ? chunk : chunk.slice(skipped);
  }
}

function checkFile(before: FileIdentity, now: FileIdentity): void {
  const changes = [
    ...(before.bytes === now.bytes ? [] : [`it has ${now.bytes} bytes and had ${before.bytes}`]),
    ...(before.head === now.head ? [] : ['its beginning is another']),
    ...(before.modifiedAtMs === now.modifiedAtMs ? [] : ['it was written to since']),
  ];
  if (changes.length === 0) return;
  const message = `${now.path} is not what it was when the task began to read it: ${changes.join(', ')}`;
  throw new HeddleError('HEDDLE_SOURCE_CHANGED', message);
}

/** Elements are recorded as they are taken, because they cannot be had again. */
export class RecordingSource implements ItemSource {
  readonly list = null;
  readonly position = 0;
  readonly #source: ItemSource;
  readonly #record: SourceRecord;
  #index: number;
  #hasEnded = false;

  /** `index`: of the first element. */
  constructor(source: ItemSource, record: SourceRecord, index = 0) {
    this.#source = source;
    this.#record = record;
    this.#index = index;
  }

  get total(): number | null {
    return this.#source.total;
  }

  get ready(): boolean {
    return this.#source.ready;
  }

  get ended(): boolean {
    const { ended } = this.#source;
    if (ended && !this.#hasEnded && !this.#source.ready) {
      this.#hasEnded = true;
      const { recorder, execution } = this.#record;
      recorder.push({ type: 'source', execution, total: this.#index });
    }
    return ended;
  }

  take(): unknown {
    const element = this.#source.take();
    const { recorder, execution } = this.#record;
    recorder.push({ type: 'elements', execution, from: this.#index++, elements: [element] });
    return element;
  }

  skip(): void {}

  load(): void | Promise<void> {
    return this.#source.load();
  }

  close(): void {
    this.#source.close();
  }
}

/** Elements that are known from the record, and then those of an iterable that is asked for once more. */
export class ResumedSource implements ItemSource {
  readonly list = null;
  readonly position = 0;
  readonly #progress: ItemsProgress;
  readonly #open: (() => unknown) | null;
  readonly #wrap: (source: ItemSource, index: number) => ItemSource;
  #index = 0;
  #rest: ItemSource | null = null;

  /** `open` gives the iterable anew; null: all elements are known. `wrap`: what becomes of it behind the known ones. */
  constructor(
    progress: ItemsProgress,
    open: (() => unknown) | null,
    wrap: (source: ItemSource, index: number) => ItemSource,
  ) {
    this.#progress = progress;
    this.#open = progress.total === progress.pulled ? null : open;
    this.#wrap = wrap;
  }

  get total(): number | null {
    return this.#progress.total ?? null;
  }

  get #isKnown(): boolean {
    return this.#index < this.#progress.pulled;
  }

  get ready(): boolean {
    return this.#isKnown || (this.#rest !== null && this.#rest.ready);
  }

  get ended(): boolean {
    if (this.#isKnown) return false;
    return this.#rest === null ? this.#open === null : this.#rest.ended;
  }

  take(): unknown {
    if (this.#isKnown) return this.#progress.elements.get(this.#index++);
    this.#index++;
    return (this.#rest as ItemSource).take();
  }

  skip(): void {}

  load(): void | Promise<void> {
    return this.#rest === null ? this.#openRest() : this.#rest.load();
  }

  close(): void {
    this.#rest?.close();
  }

  /** Passes over what is known already. @throws HEDDLE_SOURCE_CHANGED where that is not what comes now. */
  async #openRest(): Promise<void> {
    const source = sourceOf(await this.#open?.());
    const { fingerprints, pulled } = this.#progress;
    for (let index = 0; index < pulled; index++) {
      for (; !source.ready && !source.ended;) await source.load();
      if (source.ready && fingerprints[index] === fingerprint(source.take())) continue;
      source.close();
      const what = `element ${index} of the iterable is not what it was before the run was interrupted`;
      const advice = 'an action whose iterable gives other elements every time cannot be resumed in the middle of it';
      throw new HeddleError('HEDDLE_SOURCE_CHANGED', `${what}; ${advice}`);
    }
    this.#rest = this.#wrap(source, pulled);
  }
}
