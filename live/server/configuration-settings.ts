/** The keys of the configuration besides the policy's: how each is checked, and what it is where nobody gives it. */
import { aBoolean, anInteger, anObject, aPositive, aText, oneOf } from '../../core/check.ts';
import { InputError } from '../../core/input-error.ts';
import { keystoneRoles, usualKeystoneRoles } from '../access/keystone-roles.ts';
import { aMailDomain, aMailSender } from '../desktops/accounts/mail-address.ts';
import { gatewaySettings } from '../gateway/settings.ts';
import { aModel } from '../scheduling/aliases.ts';
import { modes } from '../scheduling/modes.ts';
import { anOrigin, aPort, logLevels, networks, texts } from '../settings/setting-checks.ts';
import type { Settings } from '../settings/settings-file.ts';

const count = (value: unknown, where: string): number => anInteger(value, where);

export const settings: Settings = {
  'listen.address': { check: aText, fallback: '127.0.0.1' },
  'listen.port': { check: aPort, fallback: 8790 },
  'tls.certificateFile': { check: aText },
  'tls.keyFile': { check: aText },
  'database.kind': { check: (value, where) => oneOf(value, where, ['sqlite', 'mariadb']), fallback: 'sqlite' },
  'database.file': { check: aText },
  'database.host': { check: aText, fallback: '127.0.0.1' },
  'database.port': { check: aPort, fallback: 3306 },
  'database.name': { check: aText, fallback: 'heps' },
  'database.user': { check: aText, fallback: 'heps' },
  'database.password': { check: aText, isSecret: true },
  'database.passwordFile': { check: aText },
  'database.tls': { check: aBoolean, fallback: false },
  'database.caFile': { check: aText },
  'database.certificateFile': { check: aText },
  'database.keyFile': { check: aText },
  'database.verify': { check: aBoolean, fallback: true },
  'srm.intervalS': { check: aPositive, fallback: 10 },
  'srm.auditReportsForH': { check: aPositive, fallback: 6 },
  'cloud.name': { check: aText },
  'access.keystone': { check: aBoolean, fallback: true },
  'access.auditForD': { check: aPositive, fallback: 400 },
  'access.keystoneRoles': { check: keystoneRoles, fallback: usualKeystoneRoles },
  'srm.mirrorToPlacement': { check: aBoolean, fallback: false },
  'scheduling.mode': { check: (value, where) => oneOf(value, where, ['off', ...modes]), fallback: 'off' },
  'scheduling.aliases': { check: modelsByAlias, fallback: {} },
  'scheduling.mostHosts': { check: (value, where) => anInteger(value, where, 1), fallback: 3 },
  'scheduling.createGraceS': { check: aPositive, fallback: 60 },
  'scheduling.buildLimitS': { check: aPositive, fallback: 600 },
  'scheduling.leaseS': { check: aPositive, fallback: 15 },
  'scheduling.reconcileIntervalS': { check: aPositive, fallback: 30 },
  'scheduling.pollIntervalS': { check: aPositive, fallback: 1 },
  'scheduling.requestsForD': { check: aPositive, fallback: 90 },
  'scheduling.comparisonsForD': { check: aPositive, fallback: 90 },
  'scheduling.mostRemovalsPerMinute': { check: (value, where) => anInteger(value, where, 1), fallback: 60 },
  'desktops.stationsFile': { check: aText },
  'desktops.machines': { check: (value, where) => oneOf(value, where, ['openstack', 'local']), fallback: 'openstack' },
  'desktops.localFolder': { check: aText, fallback: 'local-desktops' },
  'desktops.publicUrl': { check: anOrigin },
  'desktops.title': { check: aText, fallback: 'Virtual cloud desktops' },
  'desktops.networks': { check: networks, fallback: [] },
  'desktops.allowLoopback': { check: aBoolean, fallback: false },
  'desktops.vmNetworks': { check: texts, fallback: [] },
  'desktops.mostDesktops': { check: count, isNumber: true },
  'desktops.mostCards': { check: count, isNumber: true },
  'desktops.mostCardHours': { check: aPositive, isNumber: true },
  'desktops.windowDays': { check: aPositive, fallback: 30 },
  'desktops.connectionIdleS': { check: aPositive, isNumber: true },
  'desktops.startLimitS': { check: aPositive, fallback: 1800 },
  'mail.host': { check: aText },
  'mail.port': { check: aPort, fallback: 587 },
  'mail.tls': { check: (value, where) => oneOf(value, where, ['starttls', 'implicit', 'none']), fallback: 'starttls' },
  'mail.user': { check: aText },
  'mail.password': { check: aText, isSecret: true },
  'mail.passwordFile': { check: aText },
  'mail.from': { check: aMailSender },
  'mail.domain': { check: aMailDomain },
  'accounts.kind': { check: (value, where) => oneOf(value, where, ['local', 'oidc']), fallback: 'local' },
  'accounts.issuer': { check: anIssuer },
  'accounts.clientId': { check: aText },
  'accounts.clientSecret': { check: aText, isSecret: true },
  'accounts.clientSecretFile': { check: aText },
  'accounts.title': { check: aText, fallback: 'Unified authentication' },
  'accounts.scopes': { check: texts, fallback: ['profile'] },
  'accounts.adminGroups': { check: texts, fallback: [] },
  'accounts.nameClaim': { check: aText, fallback: 'preferred_username' },
  'accounts.displayNameClaim': { check: aText, fallback: 'name' },
  'accounts.uidClaim': { check: aText, fallback: 'uid' },
  'accounts.gidClaim': { check: aText, fallback: 'gid' },
  'accounts.groupsClaim': { check: aText, fallback: 'groups' },
  'accounts.emailClaim': { check: aText, fallback: 'email' },
  'accounts.groupNumbers': { check: numbersByGroup, fallback: {} },
  'accounts.idleS': { check: aPositive, fallback: 8 * 3600 },
  'accounts.longestS': { check: aPositive, fallback: 24 * 3600 },
  ...gatewaySettings,
  'log.level': { check: (value, where) => oneOf(value, where, logLevels), fallback: 'info' },
};

function modelsByAlias(value: unknown, where: string): Record<string, string> {
  const models = Object.entries(anObject(value, where));
  return Object.fromEntries(models.map(([alias, model]) => [alias, aModel(model, `${where}.${alias}`)]));
}

function numbersByGroup(value: unknown, where: string): Record<string, number> {
  const groups = Object.entries(anObject(value, where));
  return Object.fromEntries(groups.map(([group, gid]) => [group, anInteger(gid, `${where}.${group}`, 1)]));
}

/** Without TLS on this computer alone. */
function anIssuer(value: unknown, where: string): string {
  const text = aText(value, where);
  const url = URL.canParse(text) ? new URL(text) : null;
  const isLocal = url !== null && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url === null || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLocal))) {
    throw new InputError(where, 'an address that begins with https://', value);
  }
  return text;
}
