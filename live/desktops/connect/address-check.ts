/** Where streams may be taken from: addresses of desktops inside the networks that are set, and of nothing else. */
import { type BlockList, isIP } from 'node:net';
import { isIn, networksOf } from '../../http/client-address.ts';

export interface AddressRules {
  /** In which desktops' addresses must lie. */
  readonly networks: readonly string[];
  /** Whether they may be on this computer; for a demonstration. */
  readonly allowLoopback: boolean;
  /** Of the control plane: never, whatever the networks say. */
  readonly controlPlane: readonly string[];
}

const loopback = networksOf(['127.0.0.0/8', '::1'], 'loopback');

/** Unspecified, link-local (with the cloud's metadata service), multicast, broadcast, and ways to write an IPv4 address as IPv6. */
const never = networksOf(
  ['0.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3', '::', 'fe80::/10', 'ff00::/8', '64:ff9b::/96', '2002::/16'],
  'never',
);

export class AddressCheck {
  readonly #networks: BlockList;
  readonly #controlPlane: BlockList;
  readonly #allowLoopback: boolean;

  constructor({ networks, allowLoopback, controlPlane }: AddressRules) {
    this.#networks = networksOf(networks, 'desktops.networks');
    this.#controlPlane = networksOf(controlPlane, 'control plane');
    this.#allowLoopback = allowLoopback;
  }

  /** More addresses of the control plane, which were not known before. */
  forbid(addresses: readonly string[]): void {
    for (const address of addresses) this.#controlPlane.addAddress(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
  }

  /** In a sentence; null where the address may be used. */
  objectionTo(text: string): string | null {
    const address = plainForm(text);
    if (address === null) return `The cloud gives the machine no address, but ${JSON.stringify(text).slice(0, 60)}.`;
    if (isIn(loopback, address)) return this.#allowLoopback ? null : refused(address, 'is on the gateway itself');
    if (isIn(never, address)) return refused(address, 'is of no machine');
    if (isIn(this.#controlPlane, address)) return refused(address, 'is of the control plane');
    return isIn(this.#networks, address) ? null : refused(address, "is outside the desktops' networks");
  }
}

/** IPv4 where an IPv6 text means it (`::ffff:7f00:1`, `::ffff:127.0.0.1`, `::127.0.0.1`); null for what is no address. */
export function plainForm(text: string): string | null {
  if (isIP(text) === 4) return text;
  if (isIP(text) !== 6 || text.includes('%')) return null;
  // A URL writes it in its one short form, in hexadecimal.
  const short = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const mapped = /^::(?:ffff:)?([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short);
  if (mapped === null) return short;
  const [high, low] = [Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function refused(address: string, why: string): string {
  return `The machine's address ${address} ${why}: nobody can be connected to it. An administrator can say more.`;
}
