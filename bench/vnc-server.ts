/** A VNC server with a display of its own to measure on, as Debian has it. */
import { type ChildProcess, spawn } from 'node:child_process';

/** 1920 × 1080, on loopback, without a password. */
export function startVncServer(display: number, port: number, ...more: readonly string[]): ChildProcess {
  const screen = ['-geometry', '1920x1080', '-depth', '24'];
  const access = ['-localhost', 'yes', '-SecurityTypes', 'None', '-rfbport', String(port)];
  return spawn('Xtigervnc', [`:${display}`, ...screen, ...access, ...more], { stdio: 'ignore' });
}
