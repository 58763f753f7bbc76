/** A Debian guest under qemu that takes user data from a NoCloud disk, reached by ports on loopback only. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../free-port.ts';

/** The image is kept from run to run. */
const imageFolder = process.env.HEPS_GUEST_FOLDER ?? join(tmpdir(), 'heps-guest');
/** `kvm` where it works: a /dev/kvm that can be opened may still run nothing inside another virtual machine. */
const accelerator = process.env.HEPS_GUEST_ACCELERATOR ?? 'tcg,thread=multi';

export interface Guest {
  /** Port on 127.0.0.1 of each of its own that were asked for. */
  readonly ports: ReadonlyMap<number, number>;
  /** Seconds from power-on until it said that its desktop is ready. */
  readonly readyAfterS: number;
  /** What it said on its serial console. */
  readonly console: readonly string[];
  stop(): Promise<void>;
}

/** Builds the image where there is none. */
export function buildImage(): void {
  execFileSync(join(import.meta.dirname, 'image'), [imageFolder], { stdio: 'inherit' });
}

/** Boots it. Resolves when its desktop is ready; its disk forgets everything afterwards. */
export async function bootGuest(userData: string, guestPorts: readonly number[]): Promise<Guest> {
  const folder = mkdtempSync(join(tmpdir(), 'heps-guest-run-'));
  writeFileSync(join(folder, 'user-data'), userData);
  writeFileSync(join(folder, 'meta-data'), 'instance-id: guest-1\nlocal-hostname: b7-chen\n');
  const seed = join(folder, 'seed.iso');
  const files = [join(folder, 'user-data'), join(folder, 'meta-data')];
  execFileSync('genisoimage', ['-quiet', '-output', seed, '-volid', 'cidata', '-joliet', '-rock', ...files]);
  const ports = new Map<number, number>();
  for (const port of guestPorts) ports.set(port, await freePort());
  const forwards = [...ports].map(([inside, outside]) => `,hostfwd=tcp:127.0.0.1:${outside}-:${inside}`).join('');
  const startedMs = performance.now();
  const child = spawn(
    'qemu-system-x86_64',
    [
      ...['-accel', accelerator, '-cpu', 'max', '-smp', '2', '-m', '1536'],
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-serial', 'stdio', '-no-reboot'],
      ...['-kernel', join(imageFolder, 'vmlinuz'), '-initrd', join(imageFolder, 'initrd.img')],
      ...['-append', 'root=/dev/vda rw console=ttyS0 quiet'],
      ...['-drive', `file=${join(imageFolder, 'disk.ext4')},format=raw,if=virtio,snapshot=on`],
      ...['-drive', `file=${seed},format=raw,if=virtio,readonly=on`],
      ...['-netdev', `user,id=net,restrict=on${forwards}`, '-device', 'virtio-net-pci,netdev=net'],
      ...['-device', 'virtio-rng-pci'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const lines: string[] = [];
  const stop = async (): Promise<void> => {
    await ended(child);
    rmSync(folder, { recursive: true });
  };
  try {
    await new Promise<void>((resolve, reject) => {
      const heard = (line: string): void => {
        lines.push(line);
        if (line.includes('heps-desktop ready')) resolve();
        if (line.includes('heps-desktop failed')) reject(new Error(line));
      };
      createInterface({ input: child.stdout }).on('line', heard);
      createInterface({ input: child.stderr }).on('line', heard);
      child.once('error', reject);
      child.once('exit', () => reject(new Error('the guest ended')));
    });
  } catch (error) {
    await stop();
    throw new Error(`${(error as Error).message}; its console:\n${lines.slice(-40).join('\n')}`);
  }
  return { ports, readyAfterS: (performance.now() - startedMs) / 1000, console: lines, stop };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
