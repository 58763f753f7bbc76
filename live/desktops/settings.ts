/** What an operator sets of the desktop service. */
import type { UnifiedLoginSettings } from './accounts/unified-login-settings.ts';
import type { SharedLimits } from './catalogue/limits.ts';
import type { MailSettings } from './reminders/mailer.ts';

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
  /** Null: nobody gets mail. */
  readonly mail: MailSettings | null;
}

export interface AccountSettings {
  readonly kind: 'local' | 'oidc';
  /** Null for local accounts. */
  readonly oidc: UnifiedLoginSettings | null;
  /** Groups of the unified login whose members are administrators; local accounts have their own flag. */
  readonly adminGroups: readonly string[];
  /** Seconds that a login lasts unless it is used, and at most. */
  readonly idleS: number;
  readonly longestS: number;
}
