/** What a configuration lacks that a cloud in production should have. */
import type { Check } from '../checks.ts';
import type { Configuration } from '../server/configuration.ts';
import { check } from './cloud-checks.ts';
import { databaseStep } from './steps.ts';

/** A recommendation each: nothing of it is wrong. */
export function productionChecks({ database, mirror }: Pick<Configuration, 'database' | 'mirror'>): Check[] {
  const checks: Check[] = [];
  if (database.kind === 'sqlite') {
    const found = 'SQLite: one server alone may use it, and the disk of its machine holds all';
    checks.push(check(databaseStep, 'ok', found, 'for production, database.kind: mariadb, and several servers'));
  }
  if (mirror === null) {
    const found = 'the cards are not mirrored to Placement: other tools of the cloud do not see what is free';
    checks.push(check(databaseStep, 'ok', found, 'for production, srm.mirrorToPlacement: true'));
  }
  return checks;
}
