/** What doctor recommends of a configuration for production. */
import { expect, test } from 'vitest';
import { productionChecks } from '../../../live/doctor/production-checks.ts';

test('MariaDB and the mirror in Placement are recommended where they are missing, and are no fault', () => {
  const checks = productionChecks({ database: { kind: 'sqlite', file: 'heps.db' }, mirror: null });
  expect(checks.map(({ status, remedy }) => [status, remedy])).toEqual([
    ['ok', 'for production, database.kind: mariadb, and several servers'],
    ['ok', 'for production, srm.mirrorToPlacement: true'],
  ]);
  const mirror = { cloud: 'heps' };
  expect(productionChecks({ database: { kind: 'sqlite', file: 'heps.db' }, mirror })).toHaveLength(1);
});
