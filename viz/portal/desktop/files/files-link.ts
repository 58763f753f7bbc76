/** The page's right to the files of a desktop, at the gateway: asked for when it is first needed, and again when it was lost. */
import type { FilesConnectView, FilesSessionView, FolderView } from '../../../../core/wire/portal.ts';
import { Problem, portalApi } from '../../load/api.ts';

/** A right with where it is used. */
export interface OpenFiles {
  /** `https://stream.example.org/files/<id>`. */
  readonly url: string;
  readonly session: FilesSessionView;
}

export class FilesLink {
  readonly #desktopId: string;
  #open: Promise<OpenFiles> | null = null;

  constructor(desktopId: string) {
    this.#desktopId = desktopId;
  }

  /** @throws Problem */
  open(): Promise<OpenFiles> {
    this.#open ??= this.#opened().catch((error: unknown) => {
      this.#open = null;
      throw error;
    });
    return this.#open;
  }

  async list(path: string): Promise<FolderView> {
    return (await this.#ask('GET', 'list', path)) as FolderView;
  }

  async makeFolder(path: string): Promise<void> {
    await this.#ask('POST', 'folder', path);
  }

  /** A file, or a folder with nothing in it. */
  async remove(path: string): Promise<void> {
    await this.#ask('DELETE', 'entry', path);
  }

  /** Lets the browser download it, as it downloads anything: with a token in the address, good once. */
  async download(path: string, what: 'get' | 'zip'): Promise<void> {
    const { token, filesUrl } = await portalApi.files(this.#desktopId);
    const link = document.createElement('a');
    link.href = `${checked(filesUrl)}/${what}?${new URLSearchParams({ path, token })}`;
    link.rel = 'noopener noreferrer';
    link.click();
  }

  async #opened(): Promise<OpenFiles> {
    const { token, filesUrl }: FilesConnectView = await portalApi.files(this.#desktopId);
    const url = checked(filesUrl);
    return { url, session: (await answerOf(`${url}/session`, 'POST', token)) as FilesSessionView };
  }

  async #ask(method: string, what: string, path: string, isAgain = false): Promise<unknown> {
    const { url, session } = await this.open();
    try {
      return await answerOf(`${url}/${what}?${new URLSearchParams({ path })}`, method, session.secret);
    } catch (error) {
      // After a new login the old right is over, and another can be had.
      const isLost = error instanceof Problem && error.status === 403 && !isAgain;
      if (!isLost) throw error;
      this.#open = null;
      return await this.#ask(method, what, path, true);
    }
  }
}

/** Unencrypted only where this page is, too. */
function checked(address: string): string {
  const url = new URL(address);
  const isGood = url.protocol === 'https:' || (url.protocol === 'http:' && location.protocol === 'http:');
  if (!isGood) throw new RangeError(`the address of files must begin with https, got ${url.protocol}`);
  return url.href;
}

/** @throws Problem with a sentence for the person */
async function answerOf(address: string, method: string, secret: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${secret}` };
  const response = await fetch(address, { method, headers, credentials: 'omit' }).catch(() => {
    throw new Problem(0, 'The gateway is not answering. Check your network and try again.');
  });
  const text = await response.text();
  if (response.ok) return text === '' ? null : JSON.parse(text);
  throw new Problem(response.status, sentenceIn(text) ?? `The gateway answered with an error (${response.status}).`);
}

/** Of an answer that is a problem; null for another's page. */
export function sentenceIn(text: string): string | null {
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown };
    return typeof detail === 'string' ? detail : null;
  } catch {
    return null;
  }
}
