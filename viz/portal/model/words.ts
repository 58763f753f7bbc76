/** What the portal says about desktops: times, sizes, states. */
import type { DesktopGpu, DesktopSize, DesktopState, DesktopView } from '../../../core/wire/portal.ts';
import { formatMib, formatSpan, plural } from '../../page/quantity-words.ts';

const stateNames: Readonly<Record<DesktopState, string>> = {
  waiting: 'Waiting',
  scheduled: 'Scheduled',
  building: 'Building',
  starting: 'Starting',
  ready: 'Ready',
  connected: 'In use',
  stopped: 'Stopped',
  failed: 'Failed',
  deleting: 'Being deleted',
  deleted: 'Deleted',
};

export function stateName(state: DesktopState): string {
  return stateNames[state];
}

/** `8 vCPUs`, `64 GiB memory`, `200 GiB disk`, `1 card with 48 GiB`, or the cards' models where they are known. */
export function sizeWords(desktop: Pick<DesktopView, 'size' | 'gpu' | 'cardModels'>): string[] {
  return [...machineWords(desktop.size), ...cardWords(desktop.gpu, desktop.cardModels)];
}

function machineWords({ vcpus, ramMib, diskGib }: DesktopSize): string[] {
  return [plural(vcpus, 'vCPU'), `${formatMib(ramMib)} memory`, `${diskGib} GiB disk`];
}

/** `1 graphics card with 24 GiB or more and 5000 cores or more`, `2 graphics cards, RTX A6000`: what is asked for. */
export function graphicsWords({ count, memoryMib, cores = 0, models = [] }: DesktopGpu): string {
  const least = [
    ...(memoryMib === 0 ? [] : [`${formatMib(memoryMib)} or more`]),
    ...(cores === 0 ? [] : [`${cores} cores or more`]),
  ];
  const which = models.length === 0 ? '' : `, ${models.join(' or ')}`;
  return `${plural(count, 'graphics card')}${least.length === 0 ? '' : ` with ${least.join(' and ')}`}${which}`;
}

function cardWords(
  { count, memoryMib, cores = 0, models: asked = [] }: DesktopGpu,
  models: readonly string[],
): string[] {
  if (count === 0) return [];
  if (models.length === 0 && asked.length > 0) return [`${plural(count, 'card')}, ${asked.join(' or ')}`];
  const least = cores === 0 ? formatMib(memoryMib) : `${formatMib(memoryMib)} and ${cores} cores`;
  if (models.length === 0) return [`${plural(count, 'card')} with ${least}`];
  const ofModel = new Map<string, number>();
  for (const model of models) ofModel.set(model, (ofModel.get(model) ?? 0) + 1);
  return [...ofModel].map(([model, number]) => (number === 1 ? model : `${number} × ${model}`));
}

/** `14:05`, `tomorrow 14:05`, `Mon 30 Nov 14:05`, in the reader's time zone. */
export function clockWords(atS: number, nowS: number): string {
  const [at, now] = [new Date(atS * 1000), new Date(nowS * 1000)];
  const time = at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  const days = Math.round((midnight(at) - midnight(now)) / 86_400_000);
  if (days === 0) return time;
  if (days === 1) return `tomorrow ${time}`;
  if (days === -1) return `yesterday ${time}`;
  return `${at.toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric', month: 'short' }).replace(',', '')} ${time}`;
}

/** The same in a sentence: `at 14:05`, `tomorrow at 14:05`, `on Mon 30 Nov at 14:05`. */
export function atWords(atS: number, nowS: number): string {
  const words = clockWords(atS, nowS);
  const day = words.slice(0, -'14:05'.length);
  const time = words.slice(-'14:05'.length);
  return `${/\d/.test(day) ? 'on ' : ''}${day}at ${time}`;
}

/** `2026-11-30 14:05:09`, in the reader's time zone: for records, which are compared with others. */
export function dateTimeWords(atS: number): string {
  const at = new Date(atS * 1000);
  const two = (number: number): string => String(number).padStart(2, '0');
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  return `${date} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}`;
}

function midnight(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** A span without more precision than it deserves: `less than a minute`, `12 min`, `7 h`, `3 h 20 min`, `2 d 04 h`. */
export function roughSpan(seconds: number): string {
  if (seconds < 60) return 'less than a minute';
  return formatSpan(Math.round(seconds / 60) * 60).replace(/ 00 (min|h)$/, '');
}

/** `chen`, `chen and li`, `chen, li and wang`. */
export function listWords(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** `6 h`, `1 day`, `7 days`: lengths that one chooses among. */
export function lifetimeWords(seconds: number): string {
  return seconds % 86_400 === 0 ? plural(seconds / 86_400, 'day') : roughSpan(seconds);
}

/** Lengths to choose among, in seconds: the usual ones and the proposed one, none beyond the longest; ascending. */
export function lifetimeChoices(proposedS: number, longestS: number): number[] {
  const usual = [3600, 4 * 3600, 8 * 3600, 86_400, 2 * 86_400, 3 * 86_400, 7 * 86_400, 14 * 86_400, 30 * 86_400];
  const fitting = [...usual, proposedS, longestS].filter((lifetimeS) => lifetimeS > 0 && lifetimeS <= longestS);
  return [...new Set(fitting)].sort((one, other) => one - other);
}
