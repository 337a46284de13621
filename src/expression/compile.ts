import type { Node } from './ast.ts';
import type { Compiled } from './code-frame.ts';
import { CodeGenerator } from './code-generator.ts';
import type { Names } from './names.ts';

/**
 * Compiles one checked expression of `source` to a function of the scope. The function throws
 * {@link ExpressionError}; the compilation does where the expression was not checked and names something unknown.
 */
export function compileExpression(node: Node, source: string, names: Names): Compiled {
  const generator = new CodeGenerator(names);
  return generator.function(generator.expression(node, source));
}
