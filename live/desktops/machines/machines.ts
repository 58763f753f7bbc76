/** Where desktops run: machines on the cloud, or, for a demonstration, sessions on this computer. */
import type { MachineOrder } from '../records/machine-order.ts';

export type MachineStatus =
  /** No host has room now; `rejectedBy` counts hosts by reason. Asked again later. */
  | { readonly kind: 'no-room'; readonly reason: string; readonly rejectedBy: Readonly<Record<string, number>> }
  | { readonly kind: 'scheduled'; readonly host: string; readonly cardModels: readonly string[] }
  | { readonly kind: 'building'; readonly host: string; readonly cardModels: readonly string[] }
  | {
      readonly kind: 'running';
      readonly host: string;
      readonly cardModels: readonly string[];
      /** Where its VNC server is, as the cloud says; null while it has no address. */
      readonly address: string | null;
    }
  | { readonly kind: 'stopped'; readonly host: string; readonly cardModels: readonly string[] }
  /** It came to nothing, in a sentence for the person. */
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'gone' };

/** Each call may be made again; a refusal for good is an InputError, anything else is tried again by the caller. */
export interface Machines {
  /** Asks for a machine. */
  order(order: MachineOrder): Promise<MachineStatus>;
  status(id: string): Promise<MachineStatus>;
  restart(id: string): Promise<void>;
  stop(id: string): Promise<void>;
  start(id: string): Promise<void>;
  /** Resolves when the order is taken; it is gone when `status` says so. */
  remove(id: string): Promise<void>;
  /** Address of Nova's own console of it, for administrators; null where there is none. */
  consoleUrl(id: string): Promise<string | null>;
  /** Account and port at which a person's files are moved. @param port of the order */
  sshLogin(person: string, port: number): { readonly account: string; readonly port: number };
  /** Models of the cards that there are, in use or not. */
  cardModels(): readonly string[];
  close(): Promise<void>;
}
