/** What goes wrong with files, as a status and a sentence for the person. */
import { NoPlace } from './file-place.ts';
import { SftpError, SftpGone, sftpStatus } from './sftp.ts';

export class FileProblem extends Error {
  override readonly name = 'FileProblem';
  readonly status: number;

  constructor(status: number, sentence: string) {
    super(sentence);
    this.status = status;
  }
}

/** What the client says, in English whatever the language of the system is. */
const saidBySsh: readonly (readonly [said: RegExp, sentence: string])[] = [
  [/Host key verification failed/, 'What answers at this desktop’s address is not its machine: no file was touched.'],
  [/Permission denied/, 'The machine lets nobody in to move files. Its image may have an SSH server of another kind.'],
  [/Connection refused/, 'The machine moves no files: no SSH server answers there.'],
  [/timed out|No route|SIGKILL/, 'The machine does not answer. Try again in a moment.'],
  [/cannot be run/, 'The gateway has no SSH client: please tell the staff.'],
];

/** Null for what nobody expects. */
export function problemOf(error: unknown): FileProblem | null {
  if (error instanceof FileProblem) return error;
  if (error instanceof NoPlace) return new FileProblem(403, error.message);
  if (error instanceof SftpGone) {
    const [, sentence] = saidBySsh.find(([said]) => said.test(error.message)) ?? [];
    return new FileProblem(502, sentence ?? 'The line to the desktop’s machine is gone. Try again.');
  }
  if (!(error instanceof SftpError)) return null;
  switch (error.code) {
    case sftpStatus.noSuchFile:
      return new FileProblem(404, 'There is no such file or folder (any more).');
    case sftpStatus.permissionDenied:
      return new FileProblem(403, 'The machine does not let you: the rights of this file or folder do not allow it.');
    default:
      // Version 3 says no more.
      return new FileProblem(
        507,
        'The machine could not do it: its disk or your quota may be full, the name may be taken, or the folder not empty.',
      );
  }
}
