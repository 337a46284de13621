import { compare } from '../harness/comparison.ts';
import { SCENARIOS, type Scenario } from './scenario-work.ts';
import { workflowWork } from './flow.ts';

export const scenarios = compare<Scenario>({
  name: 'scenario',
  title: 'Three whole workflows: a router, a batch pipeline, an analysis',
  unit: 'ns',
  each: 'a run',
  cases: SCENARIOS,
  variants: [
    { name: 'hand-written', role: 'limit', prepare: ({ byHand }) => ({ run: async () => byHand() }) },
    {
      name: 'heddle',
      role: 'heddle',
      prepare: ({ text, actions, parameters }) => workflowWork(text, actions, parameters),
    },
    {
      name: 'langgraph',
      role: 'peer',
      needs: '@langchain/langgraph',
      prepare: ({ inLanggraph }) => inLanggraph(),
    },
  ],
  note: 'After the three scenarios of DashFlow: a message goes to the handler for its kind; 100 orders are validated, priced and summed up; three readings of a text run side by side, are joined, and refined until they are good enough.',
});
