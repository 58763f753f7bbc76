/** Bytes as people read them. */

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `0 B`, `12.4 MB`: decimal, as file managers and networks count. */
export function formatBytes(bytes: number): string {
  let [value, at] = [bytes, 0];
  for (; value >= 999.5 && at < units.length - 1; at++) value /= 1000;
  return `${at === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[at]}`;
}
