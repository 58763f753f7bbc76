/** Options in messages: runs name them as the command line does, functions as their fields. */
import { InputError } from '../../core/input-error.ts';
import type { CloudOptions } from '../../core/runs/run-file.ts';

/** Flags of the fields of `cloud`. */
export const cloudFlags: Readonly<Record<keyof CloudOptions, string>> = {
  onFull: '--on-full',
  backfill: '--backfill',
  patienceS: '--patience',
  bootS: '--boot-s',
  srmIntervalS: '--srm-interval-s',
  schedulers: '--schedulers',
  mtbfH: '--mtbf-h',
  cardMtbfH: '--card-mtbf-h',
  mttrH: '--mttr-h',
  resubmit: '--resubmit',
};
const cloudFields = new Map(Object.entries(cloudFlags).map(([field, flag]) => [flag, `cloud.${field}`]));

/** Turns `--warm-up` in the message of an InputError into `warmUp`. */
export async function inOptionNames<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw InputError.saying(asFields(error.message));
  }
}

/** The text with `warmUp` for `--warm-up`, and `cloud.patienceS` for `--patience`. */
export function asFields(text: string): string {
  return text.replace(/--[a-z]+(?:-[a-z]+)*/g, (flag) => cloudFields.get(flag) ?? camelCase(flag.slice(2)));
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
}
