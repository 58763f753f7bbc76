/** The running guests of a host, from the state files that libvirt keeps of them. */
import { DOMParser, type Element, onErrorStopParsing } from '@xmldom/xmldom';
import { type HostTree, namesAt, textAt } from './host-tree.ts';

/** One running guest: for Nova, a server. */
export interface Guest {
  /** libvirt's, which is the server's id in Nova. */
  readonly id: string;
  readonly vcpus: number;
  readonly ramMib: number;
  /** PCI addresses passed through to it, as sysfs writes them. */
  readonly cards: readonly string[];
}

const folder = '/run/libvirt/qemu';

/**
 * Guests by the name of their state file (`<domstatus>` around `<domain>`, see libvirt's formatdomain.html).
 *
 * @returns null when the folder is absent or a file in it cannot be read (with a warning): then there may be more guests
 */
export function readGuests(tree: HostTree): readonly Guest[] | null {
  const names = namesAt(tree, folder)?.filter((name) => name.endsWith('.xml'));
  if (names === undefined) return null;
  const guests: Guest[] = [];
  let isComplete = true;
  for (const name of names) {
    const warningsBefore = tree.warnings.length;
    const xml = textAt(tree, `${folder}/${name}`);
    if (xml === null) {
      if (tree.warnings.length > warningsBefore) isComplete = false; // otherwise it has just ended
      continue;
    }
    try {
      guests.push(parseGuest(xml));
    } catch (error) {
      tree.warnings.push(`${folder}/${name} is no guest's state: ${(error as Error).message.split('\n')[0]}`);
      isComplete = false;
    }
  }
  return isComplete ? guests : null;
}

/** @throws Error saying what is missing */
function parseGuest(xml: string): Guest {
  const document = new DOMParser({ onError: onErrorStopParsing }).parseFromString(xml, 'text/xml');
  const [domain] = document.getElementsByTagName('domain');
  if (domain === undefined) throw new Error('it has no <domain>');
  const memory = childOf(domain, 'memory');
  return {
    id: textOf(domain, 'uuid'),
    vcpus: Number(textOf(domain, 'vcpu')),
    ramMib: toMib(Number(textOf(domain, 'memory')), memory?.getAttribute('unit') ?? 'KiB'),
    cards: [...domain.getElementsByTagName('hostdev')]
      .filter((device) => device.getAttribute('type') === 'pci')
      .flatMap((device) => [...device.getElementsByTagName('source')])
      .flatMap((source) => [...source.getElementsByTagName('address')])
      .map(addressOf),
  };
}

function childOf(element: Element, name: string): Element | undefined {
  return [...element.getElementsByTagName(name)].find((child) => child.parentNode === element);
}

function textOf(element: Element, name: string): string {
  const text = childOf(element, name)?.textContent?.trim();
  if (!text) throw new Error(`its <domain> has no <${name}>`);
  return text;
}

/** `<address domain='0x0000' bus='0x41' slot='0x00' function='0x0'/>` as `0000:41:00.0`. */
function addressOf(element: Element): string {
  const [domain, bus, slot, fn] = ['domain', 'bus', 'slot', 'function'].map((name) =>
    Number(element.getAttribute(name) ?? Number.NaN),
  );
  if ([domain, bus, slot, fn].some(Number.isNaN)) throw new Error('a <hostdev> has no PCI address');
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  return `${hex(domain!, 4)}:${hex(bus!, 2)}:${hex(slot!, 2)}.${fn}`;
}

const unitsMib = new Map([
  ['b', 2 ** -20],
  ['bytes', 2 ** -20],
  ['KiB', 2 ** -10],
  ['k', 2 ** -10],
  ['MiB', 1],
  ['M', 1],
  ['GiB', 2 ** 10],
  ['G', 2 ** 10],
  ['TiB', 2 ** 20],
  ['T', 2 ** 20],
]);

function toMib(amount: number, unit: string): number {
  const factor = unitsMib.get(unit);
  if (factor === undefined || !(amount >= 0)) throw new Error(`its <memory> of ${amount} ${unit} is no size`);
  return amount * factor;
}
