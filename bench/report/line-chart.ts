/** One line of a chart: a value for each label of the horizontal axis; null where there is none. */
export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** A line chart over labelled steps. */
export interface LineChart {
  readonly title: string;
  readonly labels: readonly string[];
  readonly xTitle: string;
  readonly series: readonly Series[];
  /** Powers of ten, or a scale from zero. */
  readonly scale: 'log' | 'linear';
  readonly format: (value: number) => string;
}

const WIDTH = 720;
const HEIGHT = 380;
const LEFT = 80;
const RIGHT = 190;
const TOP = 44;
const BOTTOM = 52;
/** Told apart by people who do not see all colours (Okabe and Ito). */
const COLOURS = ['#d55e00', '#0072b2', '#009e73', '#cc79a7', '#555555'];

/** Draws a chart as SVG: the few shapes of a line chart, for which no library without a browser is small. */
export function drawLineChart(chart: LineChart): string {
  const ticks = chart.scale === 'log' ? decades(chart) : steps(chart);
  const [low, high] = [ticks[0] as number, ticks.at(-1) as number];
  const place = chart.scale === 'log' ? Math.log10 : (value: number): number => value;
  const y = (value: number): number =>
    TOP + (HEIGHT - TOP - BOTTOM) * (1 - (place(value) - place(low)) / (place(high) - place(low)));
  const x = (step: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * (step + 0.5)) / chart.labels.length;

  const parts = [
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(LEFT, 24, chart.title, 'font-size="15" font-weight="600"'),
    ...ticks.flatMap((tick) => [
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${round(y(tick))}" y2="${round(y(tick))}" stroke="#dddddd"/>`,
      text(LEFT - 8, y(tick) + 4, chart.format(tick), 'text-anchor="end"'),
    ]),
    ...chart.labels.map((label, step) => text(x(step), HEIGHT - BOTTOM + 20, label, 'text-anchor="middle"')),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, chart.xTitle, 'text-anchor="middle" fill="#555555"'),
  ];
  const names = spread(chart.series.map(({ values }) => y(lastOf(values))));
  chart.series.forEach(({ name, values }, number) => {
    const colour = COLOURS[number % COLOURS.length] as string;
    const points = values.flatMap((value, step) => (value === null ? [] : [[x(step), y(value)] as const]));
    const path = points.map(([px, py]) => `${round(px)},${round(py)}`).join(' ');
    parts.push(`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const [px, py] of points) parts.push(`<circle cx="${round(px)}" cy="${round(py)}" r="3.5" fill="${colour}"/>`);
    parts.push(text(WIDTH - RIGHT + 8, (names[number] as number) + 4, name, `fill="${colour}" font-weight="600"`));
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="${escape(chart.title)}">
${parts.join('\n')}
</svg>
`;
}

function lastOf(values: readonly (number | null)[]): number {
  return values.findLast((value) => value !== null) ?? 1;
}

/** Moves names apart that would cover each other, keeping their order. */
function spread(heights: readonly number[]): number[] {
  const order = heights.map((_, number) => number).sort((a, b) => (heights[a] as number) - (heights[b] as number));
  const placed = [...heights];
  let previous = -Infinity;
  for (const number of order) {
    placed[number] = Math.max(heights[number] ?? 0, previous + 16);
    previous = placed[number];
  }
  return placed;
}

function allValues({ series }: LineChart): number[] {
  return series.flatMap(({ values }) => values.filter((value) => value !== null));
}

function decades(chart: LineChart): number[] {
  const values = allValues(chart);
  const from = Math.floor(Math.log10(Math.min(...values)));
  const to = Math.max(from + 1, Math.ceil(Math.log10(Math.max(...values))));
  return Array.from({ length: to - from + 1 }, (_, step) => 10 ** (from + step));
}

function steps(chart: LineChart): number[] {
  const most = Math.max(...allValues(chart));
  const rough = most / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, number) => number * step);
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escape(content)}</text>`;
}

function round(value: number): string {
  return value.toFixed(1);
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
