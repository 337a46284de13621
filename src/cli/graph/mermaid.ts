import type { DrawnGraph } from '../../plan/graph.ts';

/** A graph as a Mermaid flowchart: `needs` and data edges dotted, conditions as labels. */
export function toMermaid(graph: DrawnGraph): string {
  const ids = new Map(graph.nodes.map((node, index) => [node.name, `t${index}`]));
  const lines = ['flowchart TD'];
  for (const node of graph.nodes) {
    const details = [
      node.action,
      ...(node.withItems ? ['with-items'] : []),
      ...(node.join === undefined ? [] : [`join ${node.join}`]),
    ];
    const text = `"${escape(node.name)}<br/><small>${escape(details.join(' · '))}</small>"`;
    // Stadium: starts; hexagon: a barrier; subroutine: iterations.
    const [open, close] =
      node.join !== undefined ? ['{{', '}}'] : node.withItems ? ['[[', ']]'] : node.start ? ['([', '])'] : ['[', ']'];
    lines.push(`  ${ids.get(node.name)}${open}${text}${close}`);
  }
  for (const edge of graph.edges) {
    const stroke = edge.kind === 'transition' || edge.kind === 'sequence' ? '-->' : '-.->';
    const label = edge.label === undefined ? '' : `|"${escape(edge.label)}"|`;
    lines.push(`  ${ids.get(edge.from)} ${stroke}${label} ${ids.get(edge.to)}`);
  }
  return lines.join('\n');
}

/** Mermaid reads `#name;` as an entity, and quotes and angle brackets as its own syntax. */
function escape(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replaceAll('#', '#35;')
    .replaceAll('&', '#amp;')
    .replaceAll('"', '#quot;')
    .replaceAll('<', '#lt;')
    .replaceAll('>', '#gt;');
}
