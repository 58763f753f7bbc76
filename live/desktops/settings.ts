/** What an operator sets of the desktop service and of the streaming gateway. */
import type { SharedLimits } from './catalogue/limits.ts';

export interface DesktopSettings {
  /** Path of `stations.yaml`. */
  readonly stationsFile: string;
  readonly machines: 'openstack' | 'local';
  /** Path of the folder of machines that are local. */
  readonly localFolder: string;
  /** Origin of the portal: `https://desk.example.org`. */
  readonly publicUrl: string;
  readonly title: string;
  /** In which desktops' addresses must lie. */
  readonly networks: readonly string[];
  /** Whether desktops may be on this computer; for a demonstration. */
  readonly allowLoopback: boolean;
  /** Nova's networks of the servers. */
  readonly vmNetworks: readonly string[] | 'none';
  /** Of each person. */
  readonly limits: SharedLimits;
  /** Days over which card-hours are counted. */
  readonly windowDays: number;
  /** Seconds without key, pointer or clipboard message after which a connection is closed; null: never. */
  readonly connectionIdleS: number | null;
  /** Seconds within which a machine's desktop must answer. */
  readonly startLimitS: number;
  readonly accounts: AccountSettings;
}

export interface AccountSettings {
  readonly kind: 'local' | 'oidc';
  /** Null for local accounts. */
  readonly oidc: UnifiedLoginSettings | null;
  /** Groups of the unified login whose members are administrators; local accounts are by themselves. */
  readonly adminGroups: readonly string[];
  /** Seconds that a login lasts unless it is used, and at most. */
  readonly idleS: number;
  readonly longestS: number;
}

/** OpenID Connect. */
export interface UnifiedLoginSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What the facility calls it. */
  readonly title: string;
  /** Asked for besides `openid`. */
  readonly scopes: readonly string[];
  /** Names of the claims. */
  readonly claims: Readonly<Record<'name' | 'displayName' | 'uid' | 'gid' | 'groups', string>>;
  /** Number by name, of groups that come without one. */
  readonly groupNumbers: Readonly<Record<string, number>>;
}

export interface GatewaySettings {
  readonly address: string;
  readonly port: number;
  /** Its own origin; web applications inside desktops are served there. */
  readonly publicUrl: string;
  readonly tls: { readonly certificate: string; readonly key: string } | null;
  /** Networks whose `X-Forwarded-For` counts. */
  readonly trustedProxies: readonly string[];
  /** `name:port` of Nova's console proxies. */
  readonly consoleHosts: readonly string[];
  /** Connections at a time. */
  readonly mostOpen: number;
}
