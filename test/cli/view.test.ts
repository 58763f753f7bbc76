import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startView, type ViewProcess } from './view-process.ts';

let folder: string;

function heps(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [resolve('dist/cli.js'), ...args], { cwd: folder, encoding: 'utf8' });
}

const inFolder = (name: string): string => join(folder, name);

/** On a connection of its own: one that idles while another test keeps this process busy is closed by the server just when it is used again. */
const get = (url: string | URL): Promise<Response> => fetch(url, { headers: { connection: 'close' } });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heps-view-'));
  for (const policy of ['hybrid', 'nova']) {
    heps('simulate', '--cluster', 'heps-test-3', '--days', '1', '--policy', policy, '--out', `${policy}.run.json`);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a page opens on load. */
function sourcesOf(page: string): unknown {
  return JSON.parse(/<script id="heps-sources"[^>]*>(.*?)<\/script>/s.exec(page)![1]!);
}

/** Asks with headers and methods that `fetch` keeps to itself. */
function ask(url: string, options: { method?: string; host?: string }): Promise<IncomingMessage> {
  const headers = options.host === undefined ? {} : { Host: options.host };
  return new Promise((resolve, reject) => {
    request(url, { method: options.method ?? 'GET', headers, agent: false }, (response) => resolve(response.resume()))
      .on('error', reject)
      .end();
  });
}

describe('heps view', () => {
  let view: ViewProcess;

  beforeAll(async () => {
    view = await startView(['hybrid.run.json', 'nova.run.json'], folder);
  });
  afterAll(() => view.end('SIGTERM'));

  test('heps view serves the page with the runs as its sources, and the bytes of each', async () => {
    const page = await get(view.url);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(sourcesOf(await page.text())).toEqual({
      runs: [
        { name: 'hybrid.run.json', url: 'runs/0' },
        { name: 'nova.run.json', url: 'runs/1' },
      ],
      live: null,
    });
    const run = await get(new URL('runs/1', view.url));
    expect(run.headers.get('content-type')).toBe('application/json');
    expect(run.headers.get('cache-control')).toBe('no-store');
    expect(Buffer.from(await run.arrayBuffer())).toEqual(readFileSync(inFolder('nova.run.json')));
  });

  test('heps view lets the page run its own script and no other', async () => {
    const response = await get(view.url);
    const policy = response.headers.get('content-security-policy')!.split('; ');
    const script = /<script type="module"[^>]*>(.*?)<\/script>/s.exec(await response.text())![1]!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test.each([
    ['runs/2', {}, 404],
    ['hybrid.run.json', {}, 404],
    ['', { method: 'POST' }, 405],
    ['runs/0', { method: 'DELETE' }, 405],
    ['', { method: 'HEAD' }, 200],
    ['runs/0', { method: 'HEAD' }, 200],
    ['?later=1', {}, 200],
  ])('heps view answers %j, asked with %j, by %i', async (path, options, status) => {
    expect((await ask(`${view.url}${path}`, options)).statusCode).toBe(status);
  });

  test('heps view answers only to its own names: a name of another page that resolves to this machine is refused', async () => {
    const { port } = new URL(view.url);
    const statusFor = async (host: string) => (await ask(view.url, { host })).statusCode;
    expect(await statusFor(`localhost:${port}`)).toBe(200);
    expect(await statusFor(`127.0.0.1:${port}`)).toBe(200);
    expect(await statusFor(`rebound.example:${port}`)).toBe(403);
    expect(await statusFor('127.0.0.1')).toBe(403);
    expect(await statusFor(`127.0.0.1:${Number(port) - 1}`)).toBe(403);
  });

  test('heps view serves a file that was written again as it now is, and 404 once it is gone', async () => {
    writeFileSync(inFolder('changing.run.json'), readFileSync(inFolder('hybrid.run.json')));
    const changing = await startView(['changing.run.json'], folder);
    const url = new URL('runs/0', changing.url);
    expect(Buffer.from(await (await get(url)).arrayBuffer())).toEqual(readFileSync(inFolder('hybrid.run.json')));
    writeFileSync(inFolder('changing.run.json'), readFileSync(inFolder('nova.run.json')));
    expect(Buffer.from(await (await get(url)).arrayBuffer())).toEqual(readFileSync(inFolder('nova.run.json')));
    rmSync(inFolder('changing.run.json'));
    const gone = await get(url);
    expect([gone.status, await gone.text()]).toEqual([404, 'changing.run.json: ENOENT']);
    await changing.end('SIGTERM');
  });

  test('heps view goes on after a reader that leaves in the middle of a file', async () => {
    const { port } = new URL(view.url);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1');
      socket.write(`GET /runs/0 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
      socket.once('data', () => socket.destroy()).once('close', () => resolve());
    });
    expect((await get(new URL('runs/0', view.url))).status).toBe(200);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends it with exit code 0, even in the middle of a request',
    async (signal) => {
      const ending = await startView([], folder);
      await (await get(ending.url)).text();
      const { port } = new URL(ending.url);
      const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
      await new Promise<void>((resolve) => socket.write(`GET / HTTP/1.1\r\n`, () => resolve()));
      const { status, stdout, stderr } = await ending.end(signal);
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toContain('Ctrl-C ends it.');
    },
  );

  test('without runs it serves the page, onto which files can be dropped', async () => {
    const empty = await startView([], folder);
    expect(sourcesOf(await (await get(empty.url)).text())).toEqual({ runs: [], live: null });
    expect((await empty.end('SIGINT')).stdout).toContain('Drop run files onto the page.');
  });

  test('names of files do no harm to the page, and files of the same name are told apart', async () => {
    const paths = ['a<', 'b<'].map((parent) => `${parent}/script>$&.run.json`);
    for (const path of paths) {
      mkdirSync(inFolder(path.split('/')[0]!));
      writeFileSync(inFolder(path), readFileSync(inFolder('hybrid.run.json')));
    }
    const odd = await startView(['hybrid.run.json', ...paths, 'hybrid.run.json'], folder);
    expect(sourcesOf(await (await get(odd.url)).text())).toMatchObject({
      runs: [{ name: 'hybrid.run.json' }, { name: paths[0] }, { name: paths[1] }],
    });
    await odd.end('SIGINT');
  });
});

describe('heps view --export', () => {
  test('heps view --export writes one page with the runs in it, byte for byte, and the same page twice', () => {
    const { status, stdout, stderr } = heps('view', 'hybrid.run.json', 'nova.run.json', '--export', 'new/page.html');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^new\/page\.html, \d+\.\d\d MiB/);
    expect(readdirSync(inFolder('new'))).toEqual(['page.html']);
    const page = readFileSync(inFolder('new/page.html'), 'utf8');
    expect(sourcesOf(page)).toEqual({
      runs: [
        { name: 'hybrid.run.json', embedded: 'heps-run-0' },
        { name: 'nova.run.json', embedded: 'heps-run-1' },
      ],
      live: null,
    });
    const embedded = [...page.matchAll(/<script id="heps-run-\d" type="application\/gzip;base64">([^<]*)<\/script>/g)];
    expect(embedded.map(([, base64]) => gunzipSync(Buffer.from(base64!, 'base64')))).toEqual([
      readFileSync(inFolder('hybrid.run.json')),
      readFileSync(inFolder('nova.run.json')),
    ]);
    expect(page.trimEnd().endsWith('</html>')).toBe(true);
    heps('view', 'hybrid.run.json', 'nova.run.json', '--export', 'again.html');
    expect(readFileSync(inFolder('again.html'), 'utf8')).toBe(page);
  });
});

describe('what is wrong', () => {
  test.each([
    [['nowhere.run.json'], /nowhere.run.json: expected a readable file, got nothing/],
    [['hybrid.run.json', 'bad.csv'], /bad.csv: expected a run file \(JSON\)/],
    [['old.json'], /old.json, format: expected .*heps-run\/1/],
    [['--port', '65536'], /'65536' is invalid. Expected a port up to 65535/],
    [['--export', 'none.html'], /--export: expected run files to write into the page, got nothing/],
    [['bad.csv', '--export', 'none.html'], /bad.csv: expected a run file \(JSON\)/],
    [
      ['--export', 'hybrid.run.json', 'nova.run.json'],
      /--export: expected a file name that ends in .html, got "hybrid/,
    ],
    [['hybrid.run.json', '--export', 'bad.csv/none.html'], /bad.csv\/none.html: expected a place that can be written/],
    [['hybrid.run.json', '--export', 'none.html', '--port', '0'], /cannot be used with option '--port <n>'/],
  ])('gets one line that says so, and exit code 2: %j', (args, message) => {
    writeFileSync(inFolder('bad.csv'), 'id,submit_s\na,0\n');
    writeFileSync(inFolder('old.json'), '{"format": "heps-run/0"}');
    const { status, stdout, stderr } = heps('view', ...args);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^heps: .*\n$/);
    expect([status, stdout]).toEqual([2, '']);
    expect(existsSync(inFolder('none.html'))).toBe(false);
  });

  test('a port that is taken is named', async () => {
    const other = createServer();
    const port = await new Promise<string>((resolve) => {
      other.listen(0, '127.0.0.1', () => resolve(String((other.address() as { port: number }).port)));
    });
    const { status, stdout, stderr } = heps('view', 'hybrid.run.json', '--port', port);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toBe(`heps: port ${port}: expected one that is free to be used, got "EADDRINUSE"\n`);
    other.close();
  });
});
