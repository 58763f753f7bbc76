import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readGatewayConfiguration } from '../../../live/gateway/configuration.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heps-gateway-'));
  writeFileSync(join(folder, 'gateway.token'), 'secret\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

function read(text: string, environment: NodeJS.ProcessEnv = {}) {
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, text);
  return readGatewayConfiguration(file, environment);
}

const smallest = `
gateway: {publicUrl: 'https://stream.test/', serverUrl: 'https://controller:8790', tokenFile: gateway.token}
desktops: {publicUrl: 'https://desk.test'}
`;

test('the smallest one has defaults for all else', () => {
  expect(read(smallest)).toEqual({
    listen: { address: '127.0.0.1', port: 8791 },
    tls: null,
    publicUrl: 'https://stream.test',
    allowedOrigins: ['https://desk.test'],
    trustedProxies: [],
    consoleHosts: [],
    metricsNetworks: ['127.0.0.0/8', '::1'],
    server: { url: new URL('https://controller:8790'), token: 'secret' },
    limits: { mostOpen: 2000 },
    log: { level: 'info' },
  });
});

test('the environment is over the file, and lists come with commas', () => {
  const { listen, trustedProxies, server } = read(smallest, {
    HEPS_GATEWAY_PORT: '443',
    HEPS_GATEWAY_TRUSTED_PROXIES: '10.0.0.1, 10.1.0.0/16',
    HEPS_GATEWAY_TOKEN: 'other',
  });
  expect([listen.port, trustedProxies, server.token]).toEqual([443, ['10.0.0.1', '10.1.0.0/16'], 'other']);
});

test.each([
  [
    'a key that nobody knows',
    smallest.replace('tokenFile', 'tokenfile'),
    /gateway\.tokenfile.*did you mean gateway\.tokenFile/,
  ],
  [
    'the token itself in the file',
    smallest.replace('tokenFile: gateway.token', 'token: x'),
    /tokenFile names, or in HEPS_GATEWAY_TOKEN/,
  ],
  [
    'an address that is more than an origin',
    smallest.replace('https://stream.test/', 'https://stream.test/x'),
    /gateway\.publicUrl/,
  ],
  ['no portal', smallest.replace(/desktops.*/, ''), /desktops\.publicUrl: expected the portal's origin, got nothing/],
  ['networks that are none', smallest.replace('{publicUrl', '{trustedProxies: [proxy], publicUrl'), /trustedProxies/],
])('refused: %s', (_, text, message) => {
  expect(() => read(text)).toThrow(message);
});
