/** Where files may be moved: a person's home and data on the machine. Her rights there are the machine's own; this is the fence around them. */
import type { Sftp } from './sftp.ts';
import { SftpError, sftpStatus } from './sftp.ts';

/** A folder with all that is in it. */
export interface Root {
  /** `Home`, or the path of a mount. */
  readonly title: string;
  /** Without links. */
  readonly path: string;
}

/** The path is none, or leads out of what one may see. Its message is a sentence for the person. */
export class NoPlace extends Error {
  override readonly name = 'NoPlace';
}

const mostPathBytes = 4096;
/** Of one part of a path, on every file system that is in use. */
const mostNameBytes = 255;

/** Home first, then those of the mounts that are there. */
export async function rootsAt(sftp: Sftp, mounts: readonly string[]): Promise<readonly Root[]> {
  const roots: Root[] = [{ title: 'Home', path: await sftp.realPath('.') }];
  for (const mount of mounts) {
    try {
      const path = await sftp.realPath(mount);
      if ((await sftp.stat(path)).kind === 'folder' && path !== '/') roots.push({ title: mount, path });
    } catch (error) {
      if (!(error instanceof SftpError)) throw error; // not mounted there
    }
  }
  return roots;
}

/** @throws NoPlace for what is no plain absolute path */
export function plainPath(path: string | null): string {
  const parts = path === '/' ? [] : (path ?? '').slice(1).split('/');
  const isPlain =
    path?.startsWith('/') === true &&
    Buffer.byteLength(path) <= mostPathBytes &&
    !path.includes('\0') &&
    !parts.some((part) => part === '' || part === '.' || part === '..');
  if (!isPlain) throw new NoPlace('That is no path of a file or folder.');
  return path!;
}

/** @throws NoPlace for what is no name of one file */
export function plainName(name: string): string {
  const isPlain =
    name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name) && Buffer.byteLength(name) <= mostNameBytes;
  if (!isPlain) throw new NoPlace('A name has 1 to 255 bytes, and no slash.');
  return name;
}

export function joined(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`;
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** What is there, links followed to their end. @throws NoPlace where that is outside of all roots, SftpError where there is nothing */
export async function existing(sftp: Sftp, roots: readonly Root[], path: string | null): Promise<string> {
  const real = await sftp.realPath(plainPath(path));
  if (!isInside(roots, real)) throw outside();
  return real;
}

/** What may be made or taken away: its folder with links followed, its own name as it is. A root itself is neither. @throws as `existing` */
export async function entry(sftp: Sftp, roots: readonly Root[], path: string | null): Promise<string> {
  const plain = plainPath(path);
  const name = plainName(nameOf(plain));
  const at = joined(await existing(sftp, roots, folderOf(plain)), name);
  if (roots.some((root) => root.path === at)) throw new NoPlace('This folder itself stays as it is.');
  return at;
}

/** Makes the folders between a folder and what is below it. @param names of each, outermost first @returns the innermost */
export async function madeFolders(
  sftp: Sftp,
  roots: readonly Root[],
  folder: string,
  names: readonly string[],
): Promise<string> {
  let at = await existing(sftp, roots, folder);
  for (const name of names) {
    const next = joined(at, plainName(name));
    try {
      await sftp.makeFolder(next);
    } catch (error) {
      if (!(error instanceof SftpError)) throw error;
      // Several files of one folder come at once: another has made it.
      const isThere = await sftp.stat(next).then(
        ({ kind }) => kind === 'folder',
        () => false,
      );
      if (!isThere) throw error;
    }
    at = await existing(sftp, roots, next);
  }
  return at;
}

export function isInside(roots: readonly Root[], path: string): boolean {
  return roots.some((root) => path === root.path || path.startsWith(root.path === '/' ? '/' : `${root.path}/`));
}

function outside(): NoPlace {
  return new NoPlace('That is outside of your home and data.');
}

export function isMissing(error: unknown): boolean {
  return error instanceof SftpError && error.code === sftpStatus.noSuchFile;
}
