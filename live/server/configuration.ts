/** The server's configuration: one YAML file, over it the environment (`HEPS_LISTEN_PORT` is `listen.port`), checked as a whole. */
import { dirname, resolve } from 'node:path';
import { InputError } from '../../core/input-error.ts';
import type { LoadedPolicy } from '../../policy-modules/loaded-policy.ts';
import { isPolicyFile } from '../../policy-modules/policy-reference.ts';
import type { KeystoneRoles } from '../access/keystone-roles.ts';
import type { DatabaseOptions, DatabaseTls } from '../database/database.ts';
import type { UnifiedLoginSettings } from '../desktops/accounts/unified-login-settings.ts';
import type { DesktopSettings } from '../desktops/settings.ts';
import type { GatewaySettings } from '../gateway/settings.ts';
import type { SchedulingSettings } from '../scheduling/scheduling.ts';
import type { LogLevel } from '../settings/setting-checks.ts';
import { rawSetting, readSettings, type SettingValues } from '../settings/settings-file.ts';
import { settings } from './configuration-settings.ts';
import { policyKey, policyOptionsFrom, policySettings, refuseTakenKeys } from './policy-settings.ts';

export type { LogLevel };

export interface Configuration {
  /** Address and port on which the server answers. */
  readonly listen: { readonly address: string; readonly port: number };
  /** Certificate and key, PEM; null for HTTP, which is for loopback or behind a proxy that adds TLS. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
  readonly database: DatabaseOptions;
  readonly srm: {
    /** Seconds between the reports of a host. */
    readonly intervalS: number;
    /** Hours for which the audit rows of reports are kept; all others as `keepForD` has it. */
    readonly auditReportsForH: number;
  };
  /** Days for which requests that are over, comparisons and audit rows are kept. */
  readonly keepForD: { readonly requests: number; readonly comparisons: number; readonly audit: number };
  /** How tokens of Keystone are taken, and which cloud's; null: not at all. */
  readonly keystone: { readonly cloud: string | undefined; readonly roles: KeystoneRoles } | null;
  /** Null: only the registry runs, and no cloud is asked. */
  readonly scheduling: (Omit<SchedulingSettings, 'isShared'> & { readonly cloud: string | undefined }) | null;
  /** The cloud in whose Placement the cards are mirrored; null: in none. */
  readonly mirror: { readonly cloud: string | undefined } | null;
  /** Virtual desktops, with the gateway that streams them; null: none. */
  readonly desktops: (DesktopSettings & { readonly gateway: GatewaySettings }) | null;
  readonly log: { readonly level: LogLevel };
}

/**
 * Reads and checks the file, and loads the policy where it is one's own; relative paths are from the file's folder.
 *
 * @throws InputError naming the file or variable and the key; never a secret
 */
export async function openConfiguration(file: string, environment: NodeJS.ProcessEnv): Promise<Configuration> {
  const policy = rawSetting(policyKey, file, environment);
  if (typeof policy !== 'string' || !isPolicyFile(policy)) return readConfiguration(file, environment);
  const { loadPolicy } = await import('../../policy-modules/load-policy.ts');
  const path = resolve(dirname(resolve(file)), policy);
  return readConfiguration(file, environment, await loadPolicy(path, `${file}, ${policyKey}, ${policy}`));
}

/**
 * Reads and checks the file.
 *
 * @param outside the policy that it names, where that is a file
 * @throws InputError naming the file or variable and the key; never a secret
 */
export function readConfiguration(file: string, environment: NodeJS.ProcessEnv, outside?: LoadedPolicy): Configuration {
  if (outside !== undefined) refuseTakenKeys(settings, outside);
  const values = readSettings({ ...settings, ...policySettings(outside) }, file, environment);
  const { get, has, pathOf, secret } = values;
  return {
    listen: { address: get('listen.address'), port: get('listen.port') },
    tls: tlsOf(values, 'tls'),
    database:
      get('database.kind') === 'sqlite'
        ? { kind: 'sqlite', file: pathOf('database.file', 'the file that SQLite keeps the records in') }
        : {
            kind: 'mariadb',
            host: get('database.host'),
            port: get('database.port'),
            name: get('database.name'),
            user: get('database.user'),
            password: secret('database.password', 'a file with the password, or HEPS_DATABASE_PASSWORD'),
            tls: databaseTlsOf(values),
          },
    srm: { intervalS: get('srm.intervalS'), auditReportsForH: get('srm.auditReportsForH') },
    keepForD: {
      requests: get('scheduling.requestsForD'),
      comparisons: get('scheduling.comparisonsForD'),
      audit: get('access.auditForD'),
    },
    keystone:
      get('access.keystone') && (has('cloud.name') || get('scheduling.mode') !== 'off')
        ? { cloud: get('cloud.name'), roles: get('access.keystoneRoles') }
        : null,
    scheduling:
      get('scheduling.mode') === 'off'
        ? null
        : {
            cloud: get('cloud.name'),
            mode: get('scheduling.mode'),
            policy: get(policyKey),
            ...(outside === undefined ? {} : { policyFactory: outside.factory }),
            policyOptions: policyOptionsFrom(values, outside),
            aliases: get('scheduling.aliases'),
            mostHosts: get('scheduling.mostHosts'),
            createGraceS: get('scheduling.createGraceS'),
            buildLimitS: get('scheduling.buildLimitS'),
            leaseS: get('scheduling.leaseS'),
            reconcileIntervalS: get('scheduling.reconcileIntervalS'),
            pollIntervalS: get('scheduling.pollIntervalS'),
            mostRemovalsPerMinute: get('scheduling.mostRemovalsPerMinute'),
          },
    mirror: get('srm.mirrorToPlacement') ? { cloud: get('cloud.name') } : null,
    desktops: get('desktops.stationsFile') === undefined ? null : desktopsOf(values),
    log: { level: get('log.level') },
  };
}

function tlsOf({ has, contentOf }: SettingValues, section: 'tls' | 'gateway'): Configuration['tls'] {
  if (!has(`${section}.certificateFile`) && !has(`${section}.keyFile`)) return null;
  return {
    certificate: contentOf(`${section}.certificateFile`, 'the file of the certificate'),
    key: contentOf(`${section}.keyFile`, 'the file of the key'),
  };
}

/** A file of authorities or an own certificate says that TLS is wanted. */
function databaseTlsOf({ get, has, contentOf }: SettingValues): DatabaseTls | null {
  const hasClient = has('database.certificateFile') || has('database.keyFile');
  if (!get<boolean>('database.tls') && !has('database.caFile') && !hasClient) return null;
  return {
    ca: has('database.caFile') ? contentOf('database.caFile', 'the file of the authorities') : undefined,
    client: hasClient
      ? {
          certificate: contentOf('database.certificateFile', 'the file of the certificate'),
          key: contentOf('database.keyFile', 'the file of the key'),
        }
      : null,
    verify: get('database.verify'),
  };
}

function gatewayOf(values: SettingValues): GatewaySettings {
  const { get, needed } = values;
  return {
    address: get('gateway.address'),
    port: get('gateway.port'),
    publicUrl: needed('gateway.publicUrl', 'the origin under which browsers reach the gateway'),
    tls: tlsOf(values, 'gateway'),
    trustedProxies: get('gateway.trustedProxies'),
    consoleHosts: get('gateway.consoleHosts'),
    mostOpen: get('gateway.mostOpen'),
  };
}

function desktopsOf(values: SettingValues): Configuration['desktops'] {
  const { get, needed, pathOf } = values;
  const machines = get<DesktopSettings['machines']>('desktops.machines');
  if (machines === 'openstack' && get('scheduling.mode') !== 'act') {
    throw new InputError('scheduling.mode', 'act, since desktops.machines is openstack', get('scheduling.mode'));
  }
  const publicUrl = needed<string>('desktops.publicUrl', "the portal's origin");
  const gateway = gatewayOf(values);
  if (gateway.publicUrl === publicUrl) {
    throw new InputError('gateway.publicUrl', "another origin than the portal's", gateway.publicUrl);
  }
  const networks = get<readonly string[]>('desktops.networks');
  const allowLoopback = get<boolean>('desktops.allowLoopback');
  if (networks.length === 0 && !allowLoopback) {
    throw new InputError('desktops.networks', 'the networks of the desktops', undefined);
  }
  const vmNetworks = get<readonly string[]>('desktops.vmNetworks');
  return {
    stationsFile: pathOf('desktops.stationsFile', 'the file of the stations'),
    machines,
    localFolder: pathOf('desktops.localFolder', 'a folder for desktops on this computer'),
    publicUrl,
    title: get('desktops.title'),
    networks,
    allowLoopback,
    vmNetworks: vmNetworks.length === 0 ? 'none' : vmNetworks,
    limits: {
      mostDesktops: get<number | undefined>('desktops.mostDesktops') ?? null,
      mostCards: get<number | undefined>('desktops.mostCards') ?? null,
      mostCardHours: get<number | undefined>('desktops.mostCardHours') ?? null,
    },
    windowDays: get('desktops.windowDays'),
    connectionIdleS: get<number | undefined>('desktops.connectionIdleS') ?? null,
    startLimitS: get('desktops.startLimitS'),
    accounts: {
      kind: get('accounts.kind'),
      oidc: get('accounts.kind') === 'oidc' ? unifiedLoginOf(values) : null,
      adminGroups: get('accounts.adminGroups'),
      idleS: get('accounts.idleS'),
      longestS: get('accounts.longestS'),
    },
    mail: mailOf(values),
    gateway,
  };
}

function mailOf({ get, has, needed, secret }: SettingValues): DesktopSettings['mail'] {
  if (!has('mail.host')) return null;
  const user = get<string | undefined>('mail.user');
  return {
    host: get('mail.host'),
    port: get('mail.port'),
    tls: get('mail.tls'),
    login:
      user === undefined
        ? null
        : { user, password: secret('mail.password', 'a file with the password, or HEPS_MAIL_PASSWORD') },
    from: needed('mail.from', 'the sender'),
    domain: get<string | undefined>('mail.domain') ?? null,
  };
}

function unifiedLoginOf({ get, needed, secret }: SettingValues): UnifiedLoginSettings {
  return {
    issuer: needed('accounts.issuer', 'the address of the OpenID provider'),
    clientId: needed('accounts.clientId', 'the name under which the provider knows the portal'),
    clientSecret: secret('accounts.clientSecret', 'a file with the secret, or HEPS_ACCOUNTS_CLIENT_SECRET'),
    title: get('accounts.title'),
    scopes: get('accounts.scopes'),
    claims: {
      name: get('accounts.nameClaim'),
      displayName: get('accounts.displayNameClaim'),
      uid: get('accounts.uidClaim'),
      gid: get('accounts.gidClaim'),
      groups: get('accounts.groupsClaim'),
      email: get('accounts.emailClaim'),
    },
    groupNumbers: get('accounts.groupNumbers'),
  };
}
