/** `heps view` as a user starts it: it runs until it is ended. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

export interface ViewProcess {
  /** Address that it printed. */
  readonly url: string;
  /** Ends it as Ctrl-C or a service manager does, and says how it ended. */
  end(signal: 'SIGINT' | 'SIGTERM'): Promise<{ status: number | null; stdout: string; stderr: string }>;
}

/** Starts the built command and waits for its address. @throws Error with what it said when it ends before that */
export async function startView(args: readonly string[], cwd: string): Promise<ViewProcess> {
  const child = spawn(process.execPath, [resolve('dist/cli.js'), 'view', ...args], { cwd });
  const closed = once(child, 'close');
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const address = /^ *(http:\S+)\n/m.exec(stdout);
      if (address !== null) resolve(address[1]!);
    });
    void closed.then(() => reject(new Error(`heps view ended: ${stderr}`)));
  });
  return {
    url,
    async end(signal) {
      child.kill(signal);
      await closed;
      return { status: child.exitCode, stdout, stderr };
    },
  };
}
