/** A file that could not be written to its end: the disk is full, a limit was reached, a pipe was closed. */
export class OutputError extends Error {
  override readonly name = 'OutputError';

  /** @param cause the system's error, whose code the message names in words where it has some */
  constructor(path: string, cause: NodeJS.ErrnoException) {
    super(`${path}: could not be written: ${reasonOf(cause)}`, { cause });
  }

  /** The error of another thread. */
  static saying(message: string): Error {
    return Object.assign(new Error(message), { name: 'OutputError' });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file is larger than a limit on files allows (ulimit -f)',
  EIO: 'the device failed',
  EPIPE: 'nobody reads it any more',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOENT: 'its folder is gone',
  EMFILE: 'too many files are open (ulimit -n)',
  ENFILE: 'too many files are open on this computer',
  ENOMEM: 'no memory is left',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a folder on the way is a file',
  ELOOP: 'a circle of links',
  ENAMETOOLONG: 'the name is too long',
};

/** What a system error means, for one line to a person. */
export function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  return (code !== undefined && reasons[code]) || (code ?? message);
}
