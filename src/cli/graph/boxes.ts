import type { DrawnGraph } from '../../plan/graph.ts';
import { ASCII_STROKES, Canvas, EAST, NORTH, SOUTH, UNICODE_STROKES, WEST, type StrokeSet } from './canvas.ts';
import { routeChannel, type Channel } from './channel.ts';
import { layer, type Layering } from './layers.ts';

/** Options of {@link drawBoxes}. */
export interface BoxesOptions {
  /** Only ASCII characters. */
  readonly ascii: boolean;
  /** Width to fit into where possible, in characters. */
  readonly columns: number;
}

type Flow = 'down' | 'right';

/** A box's text: the task's name, and what it does. */
type BoxText = readonly string[];

/** Draws a graph with boxes, from top to bottom, or from left to right where only that fits the width. */
export function drawBoxes(graph: DrawnGraph, options: BoxesOptions): string {
  if (graph.nodes.length === 0) return '(no tasks)';
  const set = options.ascii ? ASCII_STROKES : UNICODE_STROKES;
  const down = draw(graph, 'down', set, options.ascii);
  const drawing = widthOf(down) <= options.columns ? down : narrower(down, draw(graph, 'right', set, options.ascii));
  const legend = conditions(graph, options.ascii ? '->' : '→');
  return [...drawing, ...(legend.length === 0 ? [] : ['', ...legend])].join('\n');
}

function widthOf(rows: readonly string[]): number {
  return Math.max(0, ...rows.map((row) => row.length));
}

function narrower(first: string[], second: string[]): string[] {
  return widthOf(second) < widthOf(first) ? second : first;
}

function textOf(graph: DrawnGraph, node: DrawnGraph['nodes'][number], ascii: boolean): BoxText {
  const loops = graph.edges.some((edge) => edge.from === node.name && edge.to === node.name);
  const dot = ascii ? ' - ' : ' · ';
  const details = [node.action];
  if (node.withItems) details.push('with-items');
  if (node.join !== undefined) details.push(`join ${node.join}`);
  if (loops) details.push(ascii ? 'loops' : '↻ loops');
  return [node.name, details.join(dot)];
}

function draw(graph: DrawnGraph, flow: Flow, set: StrokeSet, ascii: boolean): string[] {
  const texts = new Map(graph.nodes.map((node) => [node.name, textOf(graph, node, ascii)]));
  const edges = distinctEdges(graph);
  const ports = new Map<string, number>();
  for (const end of [...edges.map((edge) => `${edge.from} out`), ...edges.map((edge) => `${edge.to} in`)]) {
    ports.set(end, (ports.get(end) ?? 0) + 1);
  }
  const lengthOf = (name: string): number =>
    Math.max(...(texts.get(name) as BoxText).map((line) => [...line].length)) + 4;
  const heightOf = (name: string): number => (texts.get(name) as BoxText).length + 2;
  const widest = (name: string): number => Math.max(ports.get(`${name} in`) ?? 0, ports.get(`${name} out`) ?? 0) + 2;
  const layering = layer(
    graph.nodes.map(({ name }) => ({
      name,
      extent: Math.max(flow === 'down' ? lengthOf(name) : heightOf(name), widest(name)),
    })),
    edges,
  );
  return paint(layering, texts, flow === 'down' ? heightOf : lengthOf, flow, set);
}

/** Edges between different tasks, each pair once. */
function distinctEdges(graph: DrawnGraph): { from: string; to: string }[] {
  const seen = new Set<string>();
  return graph.edges.filter(({ from, to }) => {
    const pair = `${from} ${to}`;
    if (from === to || seen.has(pair)) return false;
    seen.add(pair);
    return true;
  });
}

/** Turns cells "along" and "across" the flow into columns and rows. */
function paint(
  layering: Layering,
  texts: ReadonlyMap<string, BoxText>,
  depthOf: (name: string) => number,
  flow: Flow,
  set: StrokeSet,
): string[] {
  const canvas = new Canvas();
  const turned = flow === 'right';
  const line = (owner: number, across1: number, along1: number, across2: number, along2: number): void =>
    turned
      ? canvas.line(owner, along1, across1, along2, across2)
      : canvas.line(owner, across1, along1, across2, along2);
  const put = (across: number, along: number, text: string): void =>
    turned ? canvas.text(along, across, text) : canvas.text(across, along, text);
  const open = (across: number, along: number, forwards: boolean): void => {
    if (turned) canvas.open(along, across, forwards ? EAST : WEST);
    else canvas.open(across, along, forwards ? SOUTH : NORTH);
  };
  const forward = set.arrows[turned ? 'right' : 'down'];
  const backward = set.arrows[turned ? 'left' : 'up'];

  const layers = place(layering, depthOf, turned);
  let owner = 0;
  // Frames first, so that the lines can open them.
  for (const { items, along, end } of layers) {
    for (const item of items) {
      owner++;
      if (item.node === undefined) {
        line(owner, item.start, along, item.start, end);
        continue;
      }
      const lines = texts.get(item.node) as BoxText;
      const [x, y, width, height] = turned
        ? [along, item.start, depthOf(item.node), item.extent]
        : [item.start, along, item.extent, depthOf(item.node)];
      canvas.frame(owner, x, y, width, height);
      const top = y + Math.floor((height - lines.length) / 2);
      lines.forEach((text, row) => canvas.text(x + Math.floor((width - [...text].length) / 2), top + row, text));
    }
  }
  for (const { along, end, channel, lead, length } of layers) {
    const last = end + length;
    for (const net of channel.nets) {
      owner++;
      const track = end + 1 + lead + net.track;
      for (const { item, at } of net.top) {
        // Boxes of one layer differ in length when the flow is to the right.
        const start = item.node === undefined ? end : along + depthOf(item.node) - 1;
        line(owner, at, start + 1, at, net.track < 0 ? last : track);
        open(at, start, true);
        open(at, start + 1, false);
        if (net.up && item.node !== undefined) put(at, start + 1, backward);
      }
      if (net.track >= 0) {
        const cells = [...net.top, ...net.bottom].map((pin) => pin.at);
        line(owner, Math.min(...cells), track, Math.max(...cells), track);
      }
      for (const { item, at } of net.bottom) {
        if (net.track >= 0) line(owner, at, track, at, last);
        open(at, last, true);
        if (net.up || item.node === undefined) open(at, last + 1, false);
        else put(at, last, forward);
      }
    }
  }
  return canvas.rows(set);
}

/** A layer with its place along the flow, and the channel that follows it. */
interface PlacedLayer {
  readonly items: Layering['layers'][number];
  /** First and last cell. */
  readonly along: number;
  readonly end: number;
  readonly channel: Channel;
  /** Cells of the channel before its first track. */
  readonly lead: number;
  /** Cells of the channel. */
  readonly length: number;
}

function place(layering: Layering, depthOf: (name: string) => number, turned: boolean): PlacedLayer[] {
  let along = 0;
  return layering.layers.map((items, index) => {
    const end = along + Math.max(...items.map((item) => (item.node === undefined ? 1 : depthOf(item.node)))) - 1;
    const channel = routeChannel(layering.routes, index);
    const pointsBack = channel.nets.some((net) => net.up && net.top.some((pin) => pin.item.node !== undefined));
    const lead = pointsBack || turned ? 1 : 0;
    const length = lead + channel.tracks + 1;
    const placed = { items, along, end, channel, lead, length };
    along = end + 1 + length;
    return placed;
  });
}

/** The conditions of transitions, which have no room in the drawing. */
function conditions(graph: DrawnGraph, arrow: string): string[] {
  const labelled = graph.edges.filter((edge) => edge.label !== undefined);
  if (labelled.length === 0) return [];
  const pairs = labelled.map((edge) => `${edge.from} ${arrow} ${edge.to}`);
  const width = Math.max(...pairs.map((pair) => pair.length));
  return labelled.map(
    (edge, index) => `${(pairs[index] as string).padEnd(width)}  when ${(edge.label as string).replace(/\s+/g, ' ')}`,
  );
}
