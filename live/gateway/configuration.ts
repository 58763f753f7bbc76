/** The configuration of a gateway in a process of its own: `gateway.yaml`. */
import { anInteger, aText, oneOf } from '../../core/check.ts';
import { InputError } from '../../core/input-error.ts';
import type { LogLevel } from '../configuration.ts';
import { networksOf } from '../http/client-address.ts';
import { readSettings, type Settings } from '../settings-file.ts';
import type { GatewayParts } from './gateway.ts';

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
  'gateway.address': { check: aText, fallback: '127.0.0.1' },
  'gateway.port': { check: aPort, fallback: 8791 },
  'gateway.publicUrl': { check: anOrigin },
  'gateway.certificateFile': { check: aText },
  'gateway.keyFile': { check: aText },
  'gateway.trustedProxies': { check: networks, fallback: [] },
  'gateway.consoleHosts': { check: texts, fallback: [] },
  'gateway.metricsNetworks': { check: networks, fallback: ['127.0.0.0/8', '::1'] },
  'gateway.mostOpen': { check: (value, where) => anInteger(value, where, 1), fallback: 2000 },
  'gateway.serverUrl': { check: anOrigin },
  'gateway.token': { check: aText, isSecret: true },
  'gateway.tokenFile': { check: aText },
  'desktops.publicUrl': { check: anOrigin },
  'log.level': { check: (value, where) => oneOf(value, where, ['debug', 'info', 'warn', 'error']), fallback: 'info' },
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

function aPort(value: unknown, where: string): number {
  const port = anInteger(value, where);
  if (port > 65535) throw new InputError(where, 'a port up to 65535', port);
  return port;
}

/** A list of texts; one text with commas where it comes from the environment. */
function texts(value: unknown, where: string): readonly string[] {
  const items = typeof value === 'string' ? value.split(',').map((item) => item.trim()) : value;
  if (!Array.isArray(items)) throw new InputError(where, 'a list of texts', value);
  return items.map((item, index) => aText(item, `${where}[${index}]`));
}

function networks(value: unknown, where: string): readonly string[] {
  const list = texts(value, where);
  networksOf(list, where);
  return list;
}

/** `https://desk.example.org`, as a browser writes it in `Origin`. */
function anOrigin(value: unknown, where: string): string {
  const text = aText(value, where);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol) || text.replace(/\/$/, '') !== url.origin) {
    throw new InputError(where, 'an origin such as https://desk.example.org', value);
  }
  return url.origin;
}
