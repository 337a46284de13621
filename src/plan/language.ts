import { WorkflowContext, type ContextShape } from '../context/index.ts';
import { analyse, compileExpression, throwFirstError, type Compiled, type Names } from '../expression/index.ts';
import { compileValue, parseCondition } from '../template/index.ts';
import { HeddleError } from '../errors/index.ts';
import { PlanNames } from './names.ts';

const MAX_CACHED = 500;

interface Language {
  readonly names: Names;
  readonly expressions: Map<string, Compiled>;
}

const languages = new WeakMap<ContextShape, Language>();

function languageOf(shape: ContextShape): Language {
  let language = languages.get(shape);
  if (language === undefined) {
    const known = { shape, parameters: null, open: true };
    const names = new PlanNames(known, { iteration: { as: null }, completion: false, task: -1 });
    language = { names, expressions: new Map() };
    languages.set(shape, language);
  }
  return language;
}

/** Gives contexts their templates and expressions. */
export function installLanguage(): void {
  WorkflowContext.useLanguage({
    evaluate(context, expression) {
      const { names, expressions } = languageOf(context.base.shape);
      let compiled = expressions.get(expression);
      if (compiled === undefined) {
        const { node, problems } = parseCondition(expression);
        throwFirstError(node === null ? problems : [...problems, ...analyse(node, names).problems], expression);
        if (node === null) throw new HeddleError('HEDDLE_EXPRESSION_SYNTAX', `'${expression}' is no expression`);
        compiled = compileExpression(node, expression, names);
        if (expressions.size >= MAX_CACHED) expressions.clear();
        expressions.set(expression, compiled);
      }
      return compiled(context);
    },
    render(context, template) {
      const compiled = compileValue(template, languageOf(context.base.shape).names);
      const problem = compiled.problems.find((each) => each.severity === 'error');
      if (problem !== undefined) throw new HeddleError(problem.code, problem.message);
      return compiled.render(context);
    },
  });
}
