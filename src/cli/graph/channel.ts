import type { LayerItem, LayerRoute } from './layers.ts';

/** Lines between two neighbouring layers that belong together: from one node to several, or from several to one. */
export interface Net {
  readonly up: boolean;
  /** Items above, with the cell across at which the line leaves them. */
  readonly top: Pin[];
  /** Items below. */
  readonly bottom: Pin[];
  /** Row of the channel in which it runs across; -1: it runs straight through. */
  track: number;
}

/** Where a net touches an item. */
export interface Pin {
  readonly item: LayerItem;
  at: number;
}

/** The space between two layers. */
export interface Channel {
  readonly nets: readonly Net[];
  readonly tracks: number;
}

/** Routes all edges between layer `index` and the next, at right angles. */
export function routeChannel(routes: readonly LayerRoute[], index: number): Channel {
  const nets = gatherNets(routes, index);
  placePins(nets, 'bottom');
  placePins(nets, 'top');
  for (const net of nets) straighten(net, nets);
  return { nets, tracks: assignTracks(nets) };
}

function gatherNets(routes: readonly LayerRoute[], index: number): Net[] {
  const segments: { up: boolean; upper: LayerItem; lower: LayerItem }[] = [];
  for (const route of routes) {
    const upper = route.items.find((item) => item.layer === index);
    const lower = route.items.find((item) => item.layer === index + 1);
    if (upper !== undefined && lower !== undefined) segments.push({ up: route.up, upper, lower });
  }
  const degree = new Map<LayerItem, number>();
  for (const { up, upper } of segments) if (!up) degree.set(upper, (degree.get(upper) ?? 0) + 1);
  const nets = new Map<LayerItem, { down?: Net; up?: Net }>();
  for (const { up, upper, lower } of segments) {
    // A line that forks has one source, one that merges has one target: never both, or nobody could tell who leads where.
    const forks = !up && (degree.get(upper) ?? 0) > 1;
    const hub = up || forks ? upper : lower;
    const entry = nets.get(hub) ?? {};
    nets.set(hub, entry);
    const side = up ? 'up' : 'down';
    const net = (entry[side] ??= { up, top: [], bottom: [], track: -1 });
    addPin(net.top, upper);
    addPin(net.bottom, lower);
  }
  return [...nets.values()].flatMap(({ down, up }) => [down, up]).filter((net) => net !== undefined);
}

function addPin(pins: Pin[], item: LayerItem): void {
  if (!pins.some((pin) => pin.item === item)) pins.push({ item, at: item.start + Math.floor((item.extent - 1) / 2) });
}

/** Spreads the nets that touch one side of an item over its width, ordered by where they come from or go to. */
function placePins(nets: readonly Net[], side: 'top' | 'bottom'): void {
  const byItem = new Map<LayerItem, { pin: Pin; towards: number }[]>();
  for (const net of nets) {
    const others = side === 'top' ? net.bottom : net.top;
    const towards = others.reduce((sum, { item }) => sum + item.start + item.extent / 2, 0) / others.length;
    for (const pin of net[side]) byItem.set(pin.item, [...(byItem.get(pin.item) ?? []), { pin, towards }]);
  }
  for (const [item, touching] of byItem) {
    if (touching.length < 2) continue;
    touching.sort((a, b) => a.towards - b.towards);
    const step = (item.extent - 1) / (touching.length + 1);
    touching.forEach(({ pin }, index) => (pin.at = item.start + Math.round(step * (index + 1))));
  }
}

/** Moves the ends of a net between two items over each other, if they can be. */
function straighten(net: Net, nets: readonly Net[]): void {
  const [top, ...moreTop] = net.top;
  const [bottom, ...moreBottom] = net.bottom;
  if (top === undefined || bottom === undefined || moreTop.length > 0 || moreBottom.length > 0) return;
  for (const at of [bottom.at, top.at, Math.round((top.at + bottom.at) / 2)]) {
    if (canTake(top, at, 'top', nets) && canTake(bottom, at, 'bottom', nets)) {
      top.at = bottom.at = at;
      return;
    }
  }
}

function canTake(pin: Pin, at: number, side: 'top' | 'bottom', nets: readonly Net[]): boolean {
  if (pin.at === at) return true;
  if (pin.item.extent < 3 || at <= pin.item.start || at >= pin.item.start + pin.item.extent - 1) return false;
  // Passing a neighbour would cross its line.
  return nets.every((net) =>
    net[side].every(
      (other) =>
        other === pin ||
        other.item !== pin.item ||
        (other.at !== at && Math.sign(other.at - at) === Math.sign(other.at - pin.at)),
    ),
  );
}

/** Gives every net that turns a row of its own, as far as they overlap; answers how many rows it took. */
function assignTracks(nets: readonly Net[]): number {
  const turning = nets.filter((net) => new Set([...net.top, ...net.bottom].map((pin) => pin.at)).size > 1);
  const above = new Map<Net, Net[]>();
  for (const lower of turning)
    above.set(
      lower,
      turning.filter((upper) => upper !== lower && mustLieAbove(upper, lower)),
    );
  const taken: { from: number; to: number }[][] = [];
  const waiting = new Set(turning);
  while (waiting.size > 0) {
    const free = [...waiting].filter((net) => (above.get(net) as Net[]).every((other) => !waiting.has(other)));
    // A circle of constraints has no clean drawing; starting anywhere gives one line that touches another.
    const batch = free.length > 0 ? free : [...waiting].slice(0, 1);
    batch.sort((a, b) => span(a).from - span(b).from);
    for (const net of batch) {
      const range = span(net);
      const least = Math.max(-1, ...(above.get(net) as Net[]).map((other) => other.track)) + 1;
      let track = least;
      while ((taken[track] ?? []).some((other) => other.from <= range.to + 1 && range.from <= other.to + 1)) track++;
      (taken[track] ??= []).push(range);
      net.track = track;
      waiting.delete(net);
    }
  }
  return taken.length;
}

/** Where one net comes down at a cell from which another goes on down, the first must turn away higher up. */
function mustLieAbove(upper: Net, lower: Net): boolean {
  return upper.top.some((pin) => lower.bottom.some((other) => other.at === pin.at));
}

function span(net: Net): { from: number; to: number } {
  const cells = [...net.top, ...net.bottom].map((pin) => pin.at);
  return { from: Math.min(...cells), to: Math.max(...cells) };
}
