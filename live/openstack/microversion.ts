/** Microversions: what a service can do, and the one version of it that a client speaks. */
import { anArray, anObject, aText } from '../../core/check.ts';
import { InputError } from '../../core/input-error.ts';
import type { Session } from './session.ts';

/** `2.87`; compare with `compareVersions`, never as numbers or texts. */
export type Microversion = `${number}.${number}`;

export interface VersionRange {
  readonly least: Microversion;
  readonly most: Microversion;
}

/** Negative when `a` is the older one. */
export function compareVersions(a: Microversion, b: Microversion): number {
  const [[majorA, minorA], [majorB, minorB]] = [partsOf(a), partsOf(b)];
  return majorA - majorB || minorA - minorB;
}

/** The newest version within both ranges. @throws InputError saying what the service offers */
export function commonVersion(service: string, offered: VersionRange, spoken: VersionRange): Microversion {
  const isOlder = compareVersions(offered.most, spoken.most) < 0;
  const version = isOlder ? offered.most : spoken.most;
  if (compareVersions(version, spoken.least) < 0 || compareVersions(version, offered.least) < 0) {
    const expected = `a service ${service} that speaks a version from ${spoken.least} to ${spoken.most}`;
    throw new InputError('the cloud', expected, `${offered.least} to ${offered.most}`);
  }
  return version;
}

/** Asks a service what it offers; `path` is where it says so, below its address. */
export async function discoverVersions(session: Session, service: string, path = '/'): Promise<VersionRange> {
  return (await session.request({ service, method: 'GET', path }, readVersions)).value;
}

/** The header that all services read, and Nova's own older one. */
export function versionHeaders(service: string, version: Microversion): Record<string, string> {
  return {
    'openstack-api-version': `${service} ${version}`,
    ...(service === 'compute' && { 'x-openstack-nova-api-version': version }),
  };
}

/** Nova says `{"version": {"min_version", "version"}}`, Placement `{"versions": [{"min_version", "max_version"}]}`. */
function readVersions(body: unknown): VersionRange {
  const root = anObject(body, 'body');
  const isOne = root.version !== undefined;
  const where = isOne ? 'version' : 'versions[0]';
  const version = anObject(isOne ? root.version : anArray(root.versions, 'versions')[0], where);
  return {
    least: aVersion(version.min_version, `${where}.min_version`),
    most: aVersion(version.max_version ?? version.version, `${where}.version`),
  };
}

function aVersion(value: unknown, where: string): Microversion {
  const text = aText(value, where);
  if (!/^\d+\.\d+$/.test(text)) throw new InputError(where, 'a version such as 2.87', value);
  return text as Microversion;
}

function partsOf(version: Microversion): [number, number] {
  const [major, minor] = version.split('.').map(Number);
  return [major!, minor!];
}
