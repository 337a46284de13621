export type { ActionLookup, FoundWorkflow, SchemaChecker, WorkflowLookup } from './actions.ts';
export { AGGREGATIONS, type AggregationKind } from './aggregation.ts';
export { planWorkflow, type PlanOptions, type PlanResult } from './compile.ts';
export { buildGraph, graphOf, orderOf, type DrawnGraph, type TaskGraph } from './graph.ts';
export { installLanguage } from './language.ts';
export type * from './plan.ts';
