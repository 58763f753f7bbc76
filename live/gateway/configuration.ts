/** The configuration of a gateway in a process of its own: `gateway.yaml`. */
import { aText, oneOf } from '../../core/check.ts';
import { anOrigin, type LogLevel, logLevels, networks } from '../settings/setting-checks.ts';
import { readSettings, type Settings } from '../settings/settings-file.ts';
import type { GatewayParts } from './gateway.ts';
import { gatewaySettings } from './settings.ts';

export interface GatewayConfiguration
  extends Pick<
    GatewayParts,
    'listen' | 'tls' | 'trustedProxies' | 'consoleHosts' | 'metricsNetworks' | 'allowedOrigins'
  > {
  readonly publicUrl: string;
  /** The server that it asks, and its token of role `gateway`. */
  readonly server: { readonly url: URL; readonly token: string };
  readonly limits: { readonly mostOpen: number };
  readonly log: { readonly level: LogLevel };
}

const settings: Settings = {
  ...gatewaySettings,
  'gateway.metricsNetworks': { check: networks, fallback: ['127.0.0.0/8', '::1'] },
  'gateway.serverUrl': { check: anOrigin },
  'gateway.token': { check: aText, isSecret: true },
  'gateway.tokenFile': { check: aText },
  'desktops.publicUrl': { check: anOrigin },
  'log.level': { check: (value, where) => oneOf(value, where, logLevels), fallback: 'info' },
};

/** Relative paths in it are from its folder. @throws InputError naming the file or variable and the key; never a secret */
export function readGatewayConfiguration(file: string, environment: NodeJS.ProcessEnv): GatewayConfiguration {
  const { get, needed, has, contentOf, secret } = readSettings(settings, file, environment);
  const hasTls = has('gateway.certificateFile') || has('gateway.keyFile');
  return {
    listen: { address: get('gateway.address'), port: get('gateway.port') },
    tls: hasTls
      ? {
          certificate: contentOf('gateway.certificateFile', 'the file of the certificate'),
          key: contentOf('gateway.keyFile', 'the file of the key'),
        }
      : null,
    publicUrl: needed('gateway.publicUrl', 'the origin under which browsers reach the gateway'),
    allowedOrigins: [needed('desktops.publicUrl', "the portal's origin")],
    trustedProxies: get('gateway.trustedProxies'),
    consoleHosts: get('gateway.consoleHosts'),
    metricsNetworks: get('gateway.metricsNetworks'),
    server: {
      url: new URL(needed<string>('gateway.serverUrl', 'the origin of the server that is asked')),
      token: secret('gateway.token', 'the file of a token of role gateway, or HEPS_GATEWAY_TOKEN'),
    },
    limits: { mostOpen: get('gateway.mostOpen') },
    log: { level: get('log.level') },
  };
}
