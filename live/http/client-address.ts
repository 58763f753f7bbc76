/** From which address a request comes, past the proxies that the operator has listed. */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv4 } from 'node:net';
import { InputError } from '../../core/input-error.ts';

/** Networks such as `10.1.0.0/16` or `::1`. @throws InputError naming the one that is none */
export function networksOf(texts: readonly string[], where: string): BlockList {
  const networks = new BlockList();
  for (const text of texts) {
    const [address = '', bits] = text.split('/');
    const family = isIP(address);
    const most = family === 4 ? 32 : 128;
    const prefix = bits === undefined ? most : Number(bits);
    if (family === 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits)) || prefix > most) {
      throw new InputError(where, 'networks such as 10.1.0.0/16', text);
    }
    networks.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
  }
  return networks;
}

/** Whether the address is in one of them; an IPv4 address that is written as IPv6 counts as what it is. */
export function isIn(networks: BlockList, address: string): boolean {
  const plain = plainAddress(address);
  return isIP(plain) !== 0 && networks.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
}

/** `::ffff:10.0.0.1` is `10.0.0.1`. */
export function plainAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  return mapped === null ? address : mapped[1]!;
}

/** The nearest address in `X-Forwarded-For` that is no listed proxy's; the header counts only when a listed proxy sent it. */
export function clientAddress(request: IncomingMessage, proxies: BlockList): string {
  const peer = plainAddress(request.socket.remoteAddress ?? '');
  if (!isIn(proxies, peer)) return peer;
  const header = request.headers['x-forwarded-for'];
  const hops = (Array.isArray(header) ? header.join(',') : (header ?? ''))
    .split(',')
    .map((hop) => plainAddress(hop.trim()));
  for (const hop of hops.reverse()) {
    if (isIP(hop) === 0) return peer;
    if (!isIn(proxies, hop)) return hop;
  }
  return peer;
}
