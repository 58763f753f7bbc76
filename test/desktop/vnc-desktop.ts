/** A real VNC desktop on loopback: Xtigervnc, and the programs that a test starts on it. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../free-port.ts';
import { whenListening } from '../when-listening.ts';

/** Whether the program is there; the tests that need it are skipped where it is not. */
export function hasProgram(name: string): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, name)));
}

export class VncDesktop {
  readonly port: number;
  readonly folder: string;
  readonly display: number;
  readonly #children: ChildProcess[];

  private constructor(port: number, display: number, folder: string, server: ChildProcess) {
    this.port = port;
    this.folder = folder;
    this.display = display;
    this.#children = [server];
  }

  /** @param password null: everybody on this computer may connect @param options more of them, for Xtigervnc */
  static async start(password: string | null, ...options: readonly string[]): Promise<VncDesktop> {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), 'heps-desktop-'));
    const display = freeDisplay();
    const security =
      password === null
        ? ['-SecurityTypes', 'None']
        : ['-SecurityTypes', 'VncAuth', '-PasswordFile', passwordFile(folder, password)];
    const server = spawn(
      'Xtigervnc',
      [
        `:${display}`,
        '-geometry',
        '800x600',
        '-depth',
        '24',
        '-localhost',
        'yes',
        ...security,
        '-rfbport',
        String(port),
        ...options,
      ],
      { stdio: 'ignore' },
    );
    const desktop = new VncDesktop(port, display, folder, server);
    await whenListening(port);
    return desktop;
  }

  /** Starts a program on it. */
  start(program: string, ...args: readonly string[]): void {
    const env = { ...process.env, DISPLAY: `:${this.display}` };
    this.#children.push(spawn(program, [...args], { stdio: 'ignore', env, cwd: this.folder }));
  }

  /** Puts a text into its clipboard, and lets it go when the next is put. */
  copy(text: string): void {
    const file = join(this.folder, 'copied');
    writeFileSync(file, text);
    this.start('xclip', '-selection', 'clipboard', '-in', '-quiet', file);
  }

  /** What a program there pastes; '' where there is nothing. */
  async paste(): Promise<string> {
    const env = { ...process.env, DISPLAY: `:${this.display}` };
    const run = promisify(execFile);
    const args = ['-selection', 'clipboard', '-out', '-target', 'UTF8_STRING'];
    const limits = { timeout: 5000, maxBuffer: 1e8 };
    return run('xclip', args, { env, ...limits }).then(
      ({ stdout }) => stdout,
      () => '',
    );
  }

  async stop(): Promise<void> {
    for (const child of this.#children.reverse()) await endOf(child);
    rmSync(this.folder, { recursive: true });
  }
}

export async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const limit = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(limit);
}

function freeDisplay(): number {
  let display = 80 + (process.pid % 100);
  while (existsSync(`/tmp/.X11-unix/X${display}`) || existsSync(`/tmp/.X${display}-lock`)) display++;
  return display;
}

function passwordFile(folder: string, password: string): string {
  const file = join(folder, 'password');
  writeFileSync(file, execFileSync('tigervncpasswd', ['-f'], { input: `${password}\n` }), { mode: 0o600 });
  return file;
}
