/** A gateway in front of a real SSH server, with the desktops' own authority, and what a page would ask of it. */
import { join } from 'node:path';
import { SshAuthority } from '../../live/desktops/connect/ssh-authority.ts';
import type { FilesGrant, Grant } from '../../live/gateway/authority/authority.ts';
import type { GatewayParts } from '../../live/gateway/gateway.ts';
import { openStores } from '../../live/server/stores.ts';
import { type Harness, portal, startHarness } from '../live/gateway/harness.ts';
import { temporaryFolder } from '../live/srm/build.ts';
import { SshMachine } from './ssh-machine.ts';

export const desktopId = '3d6c2f6e-0000-4000-8000-000000000001';
export const policy = { up: true, down: true, mostBytes: 1e11 };

export interface FilesHarness extends Harness {
  readonly machine: SshMachine;
  readonly ssh: SshAuthority;
  grant(fields?: Partial<Grant>): Grant;
  /** A page with that right. */
  page(fields?: Partial<Grant>): Promise<FilesPage>;
}

/** @param beside another, whose machine and authority it uses */
export async function startFiles(
  parts: Partial<GatewayParts> = {},
  beside: Pick<FilesHarness, 'machine' | 'ssh'> | null = null,
): Promise<FilesHarness> {
  const { path, remove } = temporaryFolder();
  const stores = await openStores({ kind: 'sqlite', file: join(path, 'heps.db') });
  const ssh = beside?.ssh ?? new SshAuthority(stores.database);
  const machine = beside?.machine ?? (await SshMachine.start(await ssh.publicKey()));
  const harness = await startHarness(parts);
  const { authority, gateway } = harness;
  authority.certifier = (right: FilesGrant, publicKey) =>
    ssh.certify({ publicKey, account: right.upstream.account, keyId: right.id }, Date.now() / 1000);
  const grant = (fields: Partial<Grant> = {}): Grant =>
    authority.grant(0, { upstream: machine.upstream, files: policy, ...fields });
  return {
    ...harness,
    machine,
    ssh,
    grant,
    page: (fields) => FilesPage.open(gateway.url, authority.mint(grant(fields))),
    async stop() {
      await harness.stop();
      if (beside === null) await machine.stop();
      await stores.close();
      remove();
    },
  };
}

/** What the desktop's page does with its right. */
export class FilesPage {
  readonly url: string;
  readonly secret: string;
  readonly roots: readonly { readonly title: string; readonly path: string }[];

  private constructor(url: string, secret: string, roots: FilesPage['roots']) {
    this.url = url;
    this.secret = secret;
    this.roots = roots;
  }

  /** @throws with the status of a refusal */
  static async open(gatewayUrl: string, token: string): Promise<FilesPage> {
    const url = `${gatewayUrl}/files/${desktopId}`;
    const headers = { authorization: `Bearer ${token}`, origin: portal };
    const response = await fetch(`${url}/session`, { method: 'POST', headers });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${response.status} ${text}`);
    const { secret, roots } = JSON.parse(text) as { secret: string; roots: FilesPage['roots'] };
    return new FilesPage(url, secret, roots);
  }

  ask(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = {
      authorization: `Bearer ${this.secret}`,
      origin: portal,
      ...(init.headers as Record<string, string>),
    };
    return fetch(`${this.url}/${path}`, { redirect: 'manual', ...init, method, headers });
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return this.ask('GET', `get?${new URLSearchParams({ path })}`, { headers });
  }

  async list(path: string): Promise<{ readonly status: number; readonly names: readonly string[] }> {
    const response = await this.ask('GET', `list?${new URLSearchParams({ path })}`);
    const body = (await response.json()) as { entries?: { name: string; kind: string }[] };
    const names = (body.entries ?? []).map(({ name, kind }) => `${kind} ${name}`).sort();
    return { status: response.status, names };
  }

  /** Begins an upload. @returns its address below the gateway's, and the status */
  async begin(folder: string, name: string, bytes: number): Promise<{ status: number; address: string }> {
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    const headers = {
      'tus-resumable': '1.0.0',
      'upload-length': String(bytes),
      'upload-metadata': `folder ${base64(folder)},name ${base64(name)}`,
    };
    const response = await this.ask('POST', 'tus', { headers });
    await response.text();
    return { status: response.status, address: response.headers.get('location')?.split(`${desktopId}/`)[1] ?? '' };
  }

  /** How much of it is on the machine. */
  async offset(address: string): Promise<number> {
    const response = await this.ask('HEAD', address, { headers: { 'tus-resumable': '1.0.0' } });
    if (response.status !== 200) throw new Error(`HEAD was answered with ${response.status}`);
    return Number(response.headers.get('upload-offset'));
  }

  send(address: string, offset: number, body: Buffer, init: RequestInit = {}): Promise<Response> {
    const headers = {
      'tus-resumable': '1.0.0',
      'upload-offset': String(offset),
      'content-type': 'application/offset+octet-stream',
    };
    return this.ask('PATCH', address, { headers, body: new Uint8Array(body), ...init });
  }

  /** A whole file at once. @returns the status */
  async upload(folder: string, name: string, content: Buffer): Promise<number> {
    const { status, address } = await this.begin(folder, name, content.length);
    if (status !== 201 || content.length === 0) return status;
    return (await this.send(address, 0, content)).status;
  }
}
