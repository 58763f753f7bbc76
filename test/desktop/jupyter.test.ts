/** A real JupyterLab's server behind the gateway: pages, the API with its protection against other sites, and a kernel's socket. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { freePort } from '../free-port.ts';
import { type Harness, startHarness } from '../live/gateway/harness.ts';
import { whenListening } from '../when-listening.ts';
import { endOf, hasProgram } from './vnc-desktop.ts';

const base = '/apps/3d6c2f6e-0000-4000-8000-000000000001/jupyter/';

describe.skipIf(!hasProgram('jupyter-notebook'))('Jupyter', () => {
  let jupyter: ChildProcess;
  let harness: Harness;
  let folder: string;
  /** As a browser keeps them. */
  const cookies = new Map<string, string>();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'heps-jupyter-'));
    const port = await freePort();
    jupyter = spawn(
      'jupyter-notebook',
      [
        '--allow-root',
        '--no-browser',
        '--ip=127.0.0.1',
        `--port=${port}`,
        `--NotebookApp.base_url=${base}`,
        "--NotebookApp.token=''",
        "--NotebookApp.password=''",
        `--notebook-dir=${folder}`,
      ],
      { stdio: 'ignore', env: { ...process.env, HOME: folder, JUPYTER_RUNTIME_DIR: join(folder, 'runtime') } },
    );
    await whenListening(port);
    harness = await startHarness();
    const upstream = { kind: 'app', address: '127.0.0.1', port } as const;
    const token = harness.authority.mint(harness.authority.grant(0, { upstream }));
    await ask(`/apps/start?token=${token}`);
  });
  afterAll(async () => {
    await harness.stop();
    await endOf(jupyter);
    rmSync(folder, { recursive: true });
  });

  async function ask(path: string, init: RequestInit = {}): Promise<Response> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(`${harness.gateway.url}${path}`, {
      ...init,
      redirect: 'manual',
      headers: { cookie, ...(init.headers as Record<string, string>) },
    });
    for (const set of response.headers.getSetCookie()) {
      const [name = '', value = ''] = set.split(';')[0]!.split('=');
      expect(set).toContain(`Path=${base}`);
      cookies.set(name, value);
    }
    return response;
  }

  function post(path: string, body: object): Promise<Response> {
    const headers = {
      origin: harness.gateway.url,
      'content-type': 'application/json',
      'x-xsrftoken': cookies.get('_xsrf')!,
    };
    return ask(`${base}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  test('shows its pages and files, and redirects within its path', async () => {
    const start = await ask(base);
    expect([start.status, start.headers.get('location')]).toEqual([302, `${base}tree`]);
    const page = await ask(`${base}tree`);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining(`data-base-url="${base}"`)]);
    const script = await ask(`${base}static/base/js/namespace.js`);
    expect(script.status).toBe(200);
  });

  test('takes what its page sends, and calculates', async () => {
    await ask(`${base}tree`);
    const made = await post('api/contents', { type: 'notebook' });
    expect(made.status).toBe(201);
    const { path } = (await made.json()) as { path: string };
    const session = await post('api/sessions', { path, type: 'notebook', name: path, kernel: { name: 'python3' } });
    expect(session.status).toBe(201);
    const { kernel } = (await session.json()) as { kernel: { id: string } };
    const ws = new WebSocket(`${harness.gateway.url.replace('http', 'ws')}${base}api/kernels/${kernel.id}/channels`, {
      headers: {
        origin: harness.gateway.url,
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      },
    });
    await once(ws, 'open');
    const answer = new Promise<string>((resolve) => {
      ws.on('message', (data) => {
        const { msg_type: type, content } = JSON.parse(String(data)) as {
          msg_type: string;
          content: { text?: string };
        };
        if (type === 'stream') resolve(content.text!);
      });
    });
    ws.send(
      JSON.stringify({
        header: { msg_id: 'one', msg_type: 'execute_request', session: 'one', username: '', version: '5.3' },
        parent_header: {},
        metadata: {},
        channel: 'shell',
        content: { code: 'print(6 * 7)', silent: false },
      }),
    );
    expect(await answer).toBe('42\n');
    ws.close();
  });
});
