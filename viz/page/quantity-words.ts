/** Quantities as people read them: with units, and no more digits than they need. */

/** `81920` MiB as `80 GiB`; below 1 GiB in MiB. */
export function formatMib(mib: number): string {
  if (Math.abs(mib) < 1024) return `${round(mib, 0)} MiB`;
  return `${round(mib / 1024, 1)} GiB`;
}

/** `45 s`, `10 min`, `12 min 05 s`, `4 h 00 min`, `3 d 04 h`. */
export function formatSpan(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600 && whole % 60 === 0) return `${whole / 60} min`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${two((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${two((whole % 86_400) / 3600)} h`;
}

/** `1 card`, `2 cards`, `1,250 hosts`. */
export function plural(value: number, one: string, several = `${one}s`): string {
  return `${round(value, 3)} ${value === 1 ? one : several}`;
}

/** At most that many digits after the point, thousands apart. */
export function round(value: number, digits: number): string {
  // By hand: making the first Intl.NumberFormat takes 50 ms, and would hold up the first picture.
  const [whole, part] = String(Number(value.toFixed(digits))).split('.');
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, ',');
  return part === undefined ? grouped : `${grouped}.${part}`;
}

/** A whole number, thousands apart. */
export function count(value: number): string {
  return round(value, 0);
}

/** `97.3 %`; a dash where there was nothing to measure. */
export function percent(share: number | null, digits: number): string {
  return share === null ? '–' : `${(share * 100).toFixed(digits)}\u00a0%`;
}

/** As `heps explain` prints scores and terms. */
export function formatScore(value: number): string {
  return value.toFixed(6);
}

function two(value: number): string {
  return String(Math.floor(value)).padStart(2, '0');
}
