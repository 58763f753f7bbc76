/** How the cloud behaves unless told otherwise, and otherwise. */
import { aBoolean, aNumber, anInteger, aPositive, noOtherFields, oneOf } from '../../core/check.ts';
import type { CloudOptions } from '../../core/runs/run-file.ts';

/** No queue, no boot time, fresh records, no failures. */
export const defaultCloud: CloudOptions = {
  onFull: 'reject',
  backfill: false,
  patienceS: null,
  bootS: 0,
  srmIntervalS: 0,
  mtbfH: null,
  cardMtbfH: null,
  mttrH: 4,
  resubmit: 0,
};

/**
 * The default cloud with some options changed.
 *
 * @throws InputError naming the option, such as `cloud.patienceS`
 */
export function cloudWith(changes: Partial<CloudOptions>): CloudOptions {
  const { schedulers, ...options } = { ...defaultCloud, ...definedOf(changes) };
  noOtherFields({ ...options }, 'cloud', Object.keys(defaultCloud));
  oneOf(options.onFull, 'cloud.onFull', ['queue', 'reject']);
  aBoolean(options.backfill, 'cloud.backfill');
  for (const name of ['bootS', 'srmIntervalS'] as const) aNumber(options[name], `cloud.${name}`);
  if (options.patienceS !== null) aNumber(options.patienceS, 'cloud.patienceS');
  for (const name of ['mtbfH', 'cardMtbfH'] as const)
    if (options[name] !== null) aPositive(options[name], `cloud.${name}`);
  aPositive(options.mttrH, 'cloud.mttrH');
  anInteger(options.resubmit, 'cloud.resubmit');
  const { onFull, backfill, patienceS, bootS, srmIntervalS, ...failures } = options;
  const isShared = schedulers !== undefined && anInteger(schedulers, 'cloud.schedulers', 1) > 1;
  // In this order, and without one scheduler, as run files have always had it.
  return { onFull, backfill, patienceS, bootS, srmIntervalS, ...(isShared ? { schedulers } : {}), ...failures };
}

/** Without the options that are there as `undefined`. */
function definedOf<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
