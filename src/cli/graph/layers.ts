import dagre from '@dagrejs/dagre';

/** What the layout needs to know of a node: its extent across the direction of flow, in cells. */
export interface LayoutNode {
  readonly name: string;
  readonly extent: number;
}

/** An edge between two different nodes. */
export interface LayoutEdge {
  readonly from: string;
  readonly to: string;
}

/** Something that takes room in a layer: a node, or one cell where an edge passes between nodes. */
export interface LayerItem {
  readonly layer: number;
  /** First cell across. */
  start: number;
  /** Cells across. */
  readonly extent: number;
  /** Absent: an edge passes. */
  readonly node?: string;
}

/** An edge from the upper of its ends to the lower, through an item of every layer between. */
export interface LayerRoute {
  readonly edge: LayoutEdge;
  /** Whether it points against the flow, from the lower end to the upper. */
  readonly up: boolean;
  readonly items: readonly LayerItem[];
}

/** Nodes in layers, ordered so that few edges cross. */
export interface Layering {
  /** Items by layer, ordered across. */
  readonly layers: readonly (readonly LayerItem[])[];
  readonly routes: readonly LayerRoute[];
}

/** The part of dagre that is used: its own declarations import without extensions, which an ES module cannot resolve. */
interface Dagre {
  readonly graphlib: { readonly Graph: new (options: { multigraph: boolean }) => LayoutGraph };
  layout(this: void, graph: LayoutGraph): void;
}

interface LayoutGraph {
  setGraph(label: Readonly<Record<string, unknown>>): void;
  setNode(name: string, label: { readonly width: number; readonly height: number }): void;
  setEdge(from: string, to: string, label: object, name: string): void;
  node(name: string): Point;
  edge(from: string, to: string, name: string): { readonly points?: readonly Point[] };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const { graphlib, layout } = dagre as unknown as Dagre;

/** Cells between neighbours. */
const NODE_GAP = 3;
const EDGE_GAP = 2;
/** Any height does, since only the order of the layers is read back. */
const NODE_HEIGHT = 10;

/** Puts nodes into layers with dagre. Edges from a node to itself must be left out. */
export function layer(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): Layering {
  const graph = new graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: NODE_GAP, edgesep: EDGE_GAP, ranksep: NODE_HEIGHT });
  for (const node of nodes) graph.setNode(node.name, { width: node.extent, height: NODE_HEIGHT });
  edges.forEach((edge, index) => graph.setEdge(edge.from, edge.to, {}, String(index)));
  layout(graph);

  const positions = new Map<string, Point>();
  for (const node of nodes) positions.set(node.name, position(graph.node(node.name)));
  const heights = [...new Set([...positions.values()].map(({ y }) => y))].sort((a, b) => a - b);
  const layers: LayerItem[][] = heights.map(() => []);
  const itemOf = new Map<string, LayerItem>();
  for (const node of nodes) {
    const { x, y } = positions.get(node.name) as Point;
    const item = {
      layer: heights.indexOf(y),
      start: Math.round(x - node.extent / 2),
      extent: node.extent,
      node: node.name,
    };
    layers[item.layer]?.push(item);
    itemOf.set(node.name, item);
  }
  const routes = edges.map((edge, index): LayerRoute => {
    const from = itemOf.get(edge.from) as LayerItem;
    const to = itemOf.get(edge.to) as LayerItem;
    const up = from.layer > to.layer;
    const [upper, lower] = up ? [to, from] : [from, to];
    const found = graph.edge(edge.from, edge.to, String(index));
    const between: LayerItem[] = [];
    for (let at = upper.layer + 1; at < lower.layer; at++) {
      const item = { layer: at, start: Math.round(crossingAt(found.points ?? [], heights[at] as number)), extent: 1 };
      layers[at]?.push(item);
      between.push(item);
    }
    return { edge, up, items: [upper, ...between, lower] };
  });
  for (const items of layers) separate(items);
  if (readsBackwards(layers, nodes)) mirror(layers);
  shiftToZero(layers);
  return { layers, routes };
}

function position({ x, y }: Point): Point {
  return { x, y: Math.round(y) };
}

/** Where a line passes a layer: dagre bends it once in every layer. */
function crossingAt(points: readonly Point[], height: number): number {
  const nearest = points.reduce<Point | undefined>(
    (best, point) => (best !== undefined && Math.abs(best.y - height) <= Math.abs(point.y - height) ? best : point),
    undefined,
  );
  return nearest?.x ?? 0;
}

/** Rounding to cells can make neighbours touch: pushes them apart, keeping their order. */
function separate(items: LayerItem[]): void {
  items.sort((a, b) => a.start + a.extent / 2 - (b.start + b.extent / 2));
  for (let index = 1; index < items.length; index++) {
    const before = items[index - 1] as LayerItem;
    const item = items[index] as LayerItem;
    item.start = Math.max(item.start, before.start + before.extent + 1);
  }
}

function shiftToZero(layers: readonly (readonly LayerItem[])[]): void {
  const items = layers.flat();
  const least = Math.min(...items.map((item) => item.start));
  for (const item of items) item.start -= least;
}

/** Whether more neighbours stand against the order of the file than with it. */
function readsBackwards(layers: readonly (readonly LayerItem[])[], nodes: readonly LayoutNode[]): boolean {
  const rank = new Map(nodes.map((node, index) => [node.name, index]));
  let balance = 0;
  for (const items of layers) {
    const ranks = items.flatMap((item) => (item.node === undefined ? [] : [rank.get(item.node) ?? 0]));
    for (let index = 1; index < ranks.length; index++)
      balance += Math.sign((ranks[index] ?? 0) - (ranks[index - 1] ?? 0));
  }
  return balance < 0;
}

function mirror(layers: readonly (readonly LayerItem[])[]): void {
  for (const items of layers) for (const item of items) item.start = -item.start - item.extent;
}
