/** The signs that stand for states, and the strokes of the progress bar. */
export interface Symbols {
  readonly succeeded: string;
  readonly failed: string;
  readonly timedOut: string;
  readonly cancelled: string;
  readonly skipped: string;
  readonly running: string;
  readonly warning: string;
  readonly info: string;
  readonly dot: string;
  readonly times: string;
  readonly ellipsis: string;
  readonly barDone: string;
  readonly barLeft: string;
  readonly spinner: readonly string[];
}

const UNICODE: Symbols = {
  succeeded: '✓',
  failed: '✗',
  timedOut: '⧖',
  cancelled: '⊘',
  skipped: '↷',
  running: '◌',
  warning: '⚠',
  info: '›',
  dot: '·',
  times: '×',
  ellipsis: '…',
  barDone: '━',
  barLeft: '─',
  spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
};

const ASCII: Symbols = {
  succeeded: '+',
  failed: 'x',
  timedOut: 't',
  cancelled: '/',
  skipped: '-',
  running: 'o',
  warning: '!',
  info: '>',
  dot: '-',
  times: 'x',
  ellipsis: '...',
  barDone: '#',
  barLeft: '.',
  spinner: ['|', '/', '-', '\\'],
};

/** Unicode where the environment says UTF-8 (or is Windows, whose consoles do not say), ASCII elsewhere. */
export function symbolsFor(env: Readonly<Record<string, string | undefined>>): Symbols {
  return isUnicode(env) ? UNICODE : ASCII;
}

/** Whether text beyond ASCII can be shown: not on `TERM=dumb` or `TERM=linux`, nor where the locale names another encoding. */
export function isUnicode(env: Readonly<Record<string, string | undefined>>): boolean {
  if (env.TERM === 'dumb' || env.TERM === 'linux') return false;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  if (locale === undefined || locale === '') return true;
  return /utf-?8/i.test(locale);
}
