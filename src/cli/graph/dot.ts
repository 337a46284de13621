import type { DrawnGraph } from '../../plan/graph.ts';

/** A graph in the DOT language of Graphviz. */
export function toDot(name: string, graph: DrawnGraph): string {
  const lines = [`digraph ${quote(name)} {`, '  node [shape=box, style=rounded, fontname="sans-serif"];'];
  for (const node of graph.nodes) {
    const details = [
      node.action,
      ...(node.withItems ? ['with-items'] : []),
      ...(node.join === undefined ? [] : [`join ${node.join}`]),
    ];
    const attributes = [`label=${quote(`${node.name}\n${details.join(' · ')}`)}`];
    if (node.withItems) attributes.push('peripheries=2');
    if (node.join !== undefined) attributes.push('shape=hexagon');
    if (node.start) attributes.push('style="rounded,bold"');
    lines.push(`  ${quote(node.name)} [${attributes.join(', ')}];`);
  }
  for (const edge of graph.edges) {
    const attributes = [
      ...(edge.label === undefined ? [] : [`label=${quote(edge.label)}`]),
      ...(edge.kind === 'needs' ? ['style=dashed'] : edge.kind === 'data' ? ['style=dotted'] : []),
    ];
    lines.push(
      `  ${quote(edge.from)} -> ${quote(edge.to)}${attributes.length === 0 ? '' : ` [${attributes.join(', ')}]`};`,
    );
  }
  return [...lines, '}'].join('\n');
}

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
