import { parseWorkflow, WorkflowContext } from '../../src/index.ts';
import { ContextVersion } from '../../src/context/index.ts';
import { compare, type TimedWork } from '../harness/comparison.ts';
import { loadPeer } from '../harness/peer.ts';
import { ballast, CONTEXT_SIZES, items, type Item, type Row } from './data.ts';

const list = items(64);

/** What every engine renders over: one element, and what earlier tasks left. */
interface Names {
  readonly item: Item;
  readonly workflow: { readonly path: string };
  readonly task: { readonly fetch: readonly Row[] };
}

function namesOf(bytes: number): Names[] {
  const fetch = ballast(bytes);
  const workflow = { path: 'health' };
  return list.map((item) => ({ item, workflow, task: { fetch } }));
}

/** Renders with the next of 64 names at each call. */
function inTurns<T>(all: readonly T[], render: (names: T) => unknown): TimedWork {
  let turn = -1;
  return {
    run: () => render(all[(turn = (turn + 1) & 63)] as T),
    // Warm-up and timing go on where the check left off.
    result: (returned) => returned,
  };
}

const inBraces = '{{item.host}}:{{item.port}}/{{workflow.path}}';

export const render = compare<number>({
  name: 'render',
  title: 'Render an input with three templates in one string',
  unit: 'ns',
  each: 'a render',
  cases: CONTEXT_SIZES,
  smokeCase: '1 MB',
  variants: [
    {
      name: 'template literal',
      role: 'limit',
      prepare: (bytes) =>
        inTurns(namesOf(bytes), ({ item, workflow }) => ({
          url: `http://${item.host}:${item.port}/${workflow.path}`,
        })),
    },
    {
      name: 'heddle',
      role: 'heddle',
      prepare: (bytes) => {
        const { plan } = parseWorkflow(`
vars: { path: health }
tasks:
  - { name: fetch, action: core.noop }
  - name: work
    action: core.echo
    with-items: [1]
    input: { url: "http://<< item.host >>:<< item.port >>/<< workflow.path >>" }
`);
        const context = WorkflowContext.create({ variables: { path: 'health' }, results: { fetch: ballast(bytes) } });
        const { constants, variables, outcomes } = context.base;
        const base = new ContextVersion(plan.shape, constants, variables, outcomes);
        const forks = list.map((item, index) => new WorkflowContext(base, item, index));
        const input = plan.tasks.find(({ name }) => name === 'work')?.input;
        if (input === undefined) throw new Error('the plan has no task work');
        return inTurns(forks, (scope) => input.render(scope));
      },
    },
    {
      name: 'Handlebars',
      role: 'peer',
      prepare: async (bytes) => {
        const { default: handlebars } = await import('handlebars');
        const template = handlebars.compile(`http://${inBraces}`, { noEscape: true });
        return inTurns(namesOf(bytes), (names) => ({ url: template(names) }));
      },
    },
    {
      name: 'nunjucks',
      role: 'peer',
      needs: 'nunjucks',
      prepare: async (bytes) => {
        const { default: nunjucks } = await loadPeer<Nunjucks>('nunjucks');
        const template = nunjucks.compile(`http://${inBraces}`, new nunjucks.Environment(null, { autoescape: false }));
        return inTurns(namesOf(bytes), (names) => ({ url: template.render(names) }));
      },
    },
    {
      name: 'liquidjs',
      role: 'peer',
      needs: 'liquidjs',
      prepare: async (bytes) => {
        const { Liquid } = await loadPeer<Liquidjs>('liquidjs');
        const liquid = new Liquid();
        const template = liquid.parse(`http://${inBraces}`);
        return inTurns(namesOf(bytes), (names) => ({ url: liquid.renderSync(template, names) }));
      },
    },
  ],
});

interface Nunjucks {
  readonly default: {
    readonly Environment: new (loaders: null, options: { autoescape: boolean }) => object;
    compile(text: string, environment: object): { render(names: object): string };
  };
}

interface Liquidjs {
  readonly Liquid: new () => {
    parse(text: string): object;
    renderSync(template: object, names: object): string;
  };
}
