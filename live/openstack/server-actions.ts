/** What is done with a server that is there: addresses read, restarted, stopped, started, its console opened. */
import { anObject, aText } from '../../core/check.ts';
import { byName, listOf } from './answer-values.ts';
import type { Service } from './service.ts';

/** Its addresses, in the order in which Nova tells them, network by network. */
export async function listAddresses(nova: Service, id: string): Promise<string[]> {
  const call = { method: 'GET', path: serverPath(id, '/ips') } as const;
  const { value } = await nova.request(call, (body) => {
    const networks = byName(anObject(body, 'body').addresses, 'addresses', (value, where) =>
      listOf(value, where, (item, path) => aText(anObject(item, path).addr, `${path}.addr`)),
    );
    return Object.values(networks).flat();
  });
  return value;
}

/** Asks the guest to restart; Nova does it by force where that is not obeyed. */
export async function rebootServer(nova: Service, id: string): Promise<void> {
  await act(nova, id, { reboot: { type: 'SOFT' } });
}

export async function stopServer(nova: Service, id: string): Promise<void> {
  await act(nova, id, { 'os-stop': null });
}

export async function startServer(nova: Service, id: string): Promise<void> {
  await act(nova, id, { 'os-start': null });
}

/** Address of a page with the console, good for some minutes. Since 2.6. */
export async function openConsole(nova: Service, id: string): Promise<string> {
  const body = { remote_console: { protocol: 'vnc', type: 'novnc' } };
  const call = { method: 'POST', path: serverPath(id, '/remote-consoles'), body } as const;
  const { value } = await nova.request(call, (answer) =>
    aText(anObject(anObject(answer, 'body').remote_console, 'remote_console').url, 'remote_console.url'),
  );
  return value;
}

async function act(nova: Service, id: string, body: object): Promise<void> {
  await nova.request({ method: 'POST', path: serverPath(id, '/action'), body }, () => undefined);
}

function serverPath(id: string, rest: string): string {
  return `/servers/${encodeURIComponent(id)}${rest}`;
}
