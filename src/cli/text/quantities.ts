const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Milliseconds for people: `0.4ms`, `12ms`, `4.2s`, `1m 07s`, `2h 05m`, `3d 4h`. */
export function formatDuration(durationMs: number): string {
  if (!Number.isFinite(durationMs) || durationMs < 0) return '?';
  if (durationMs < 9.95) return `${Number(durationMs.toFixed(1))}ms`;
  if (durationMs < 999.5) return `${Math.round(durationMs)}ms`;
  if (durationMs < 59_950) return `${(durationMs / SECOND).toFixed(1)}s`;
  const rounded = Math.round(durationMs / SECOND) * SECOND;
  if (rounded < HOUR) return `${Math.floor(rounded / MINUTE)}m ${pad((rounded % MINUTE) / SECOND)}s`;
  if (rounded < DAY) return `${Math.floor(rounded / HOUR)}h ${pad(Math.floor((rounded % HOUR) / MINUTE))}m`;
  return `${Math.floor(rounded / DAY)}d ${Math.floor((rounded % DAY) / HOUR)}h`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

/** A whole number with its digits in groups of three: `12,500`. `toLocaleString` would load 17 ms of tables. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 item`, `2 items`, `1,000 items`. */
export function formatPlural(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}

/** Bytes in powers of 1024: `0 B`, `512 B`, `1.5 KiB`, `4.8 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(1)} ${units[unit] ?? ''}`;
}

/** Starts or ends per second: `0.3/s`, `98/s`, `12,400/s`. */
export function formatRate(perSecond: number): string {
  if (perSecond < 10) return `${Number(perSecond.toFixed(1))}/s`;
  return `${formatCount(Math.round(perSecond))}/s`;
}
