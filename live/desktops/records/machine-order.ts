/** What is asked for of a desktop's machine, kept so that each try asks the same. */
import { anArray, anInteger, anObject, aText } from '../../../core/check.ts';
import { InputError } from '../../../core/input-error.ts';
import type { DesktopGpu, DesktopSize } from '../../../core/wire/portal.ts';
import { readJsonColumn } from '../../database/json-column.ts';

/** A machine that is asked for. */
export interface MachineOrder {
  /** The desktop's; the same id again is the same machine. */
  readonly id: string;
  /** Of the server: `b7-chen-3f2a`. */
  readonly name: string;
  readonly glanceImage: string;
  readonly size: DesktopSize;
  readonly gpu: DesktopGpu;
  readonly networks: readonly string[] | 'none';
  /** Not in base64; at most 65 535 characters when it is. */
  readonly userData: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Of the VNC server: also in the user data. */
  readonly vncPassword: string;
  readonly vncPort: number;
  /** For machines on this computer, which have no user data to run. */
  readonly person: string;
  /** How its files are reached; null where its user data has nothing of it, left out in orders from before. */
  readonly ssh?: MachineSsh | null;
}

export interface MachineSsh {
  readonly port: number;
  /** `ssh-ed25519 AAAA…`, whose private key is in the user data. */
  readonly hostKey: string;
  /** Where the station's storage that the person has is mounted. */
  readonly mounts: readonly string[];
}

/** @param desktop whose order it is @throws UnreadableColumn */
export function readMachineOrder(text: string, desktop: string): MachineOrder {
  return readJsonColumn(text, `machineOrders ${desktop}, machineOrder`, (value, where) => {
    const order = anObject(value, where);
    const size = anObject(order.size, `${where}, size`);
    const gpu = anObject(order.gpu, `${where}, gpu`);
    return {
      id: aText(order.id, `${where}, id`),
      name: aText(order.name, `${where}, name`),
      glanceImage: aText(order.glanceImage, `${where}, glanceImage`),
      size: {
        vcpus: anInteger(size.vcpus, `${where}, size.vcpus`, 1),
        ramMib: anInteger(size.ramMib, `${where}, size.ramMib`, 1),
        diskGib: anInteger(size.diskGib, `${where}, size.diskGib`),
      },
      gpu: {
        count: anInteger(gpu.count, `${where}, gpu.count`),
        memoryMib: anInteger(gpu.memoryMib, `${where}, gpu.memoryMib`),
        cores: anInteger(gpu.cores ?? 0, `${where}, gpu.cores`),
        models: textsOf(gpu.models ?? [], `${where}, gpu.models`),
      },
      networks: order.networks === 'none' ? 'none' : textsOf(order.networks, `${where}, networks`),
      userData: anyText(order.userData, `${where}, userData`),
      metadata: Object.fromEntries(
        Object.entries(anObject(order.metadata, `${where}, metadata`)).map(([key, item]) => [
          key,
          anyText(item, `${where}, metadata.${key}`),
        ]),
      ),
      vncPassword: aText(order.vncPassword, `${where}, vncPassword`),
      vncPort: anInteger(order.vncPort, `${where}, vncPort`, 1),
      person: aText(order.person, `${where}, person`),
      ssh: order.ssh === undefined || order.ssh === null ? null : sshIn(order.ssh, `${where}, ssh`),
    };
  });
}

function sshIn(value: unknown, where: string): MachineSsh {
  const ssh = anObject(value, where);
  return {
    port: anInteger(ssh.port, `${where}.port`, 1),
    hostKey: aText(ssh.hostKey, `${where}.hostKey`),
    mounts: textsOf(ssh.mounts, `${where}.mounts`),
  };
}

function textsOf(value: unknown, where: string): readonly string[] {
  return anArray(value, where).map((item, index) => aText(item, `${where}[${index}]`));
}

/** Also an empty one. */
function anyText(value: unknown, where: string): string {
  if (typeof value !== 'string') throw new InputError(where, 'a text', value);
  return value;
}
