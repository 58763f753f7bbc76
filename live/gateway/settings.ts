/** Keys of the streaming gateway, inside the server as by itself. */
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
