/** What an operator sets of the streaming gateway, inside the server or in a process of its own: the keys, and the same as read. */
import { anInteger, aText } from '../../core/check.ts';
import { anOrigin, aPort, networks, texts } from '../settings/setting-checks.ts';
import type { Settings } from '../settings/settings-file.ts';

export const gatewaySettings: Settings = {
  'gateway.address': { check: aText, fallback: '127.0.0.1' },
  'gateway.port': { check: aPort, fallback: 8791 },
  'gateway.publicUrl': { check: anOrigin },
  'gateway.certificateFile': { check: aText },
  'gateway.keyFile': { check: aText },
  'gateway.trustedProxies': { check: networks, fallback: [] },
  'gateway.consoleHosts': { check: texts, fallback: [] },
  'gateway.mostOpen': { check: (value, where) => anInteger(value, where, 1), fallback: 2000 },
};

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
