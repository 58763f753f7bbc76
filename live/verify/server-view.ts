/** What a running server says of who holds what: its holdings, and the newest reports of the hosts. */
import { aBoolean, aNumber, anArray, anObject, aText } from '../../core/check.ts';
import type { Client } from '../scheduling/client.ts';

export interface HostHoldings {
  readonly host: string;
  readonly takesServers: boolean;
  readonly servers: readonly {
    /** Null while there is no server. */
    readonly serverId: string | null;
    readonly request: string | null;
    readonly vcpus: number;
    readonly ramMib: number;
    readonly diskGib: number;
  }[];
  /** Holder of each card in use, by address: server, or request while there is no server. */
  readonly cards: ReadonlyMap<string, string>;
}

export interface HostReportView {
  readonly isStale: boolean;
  readonly receivedAtS: number;
  /** Servers that hold a card, by its address. */
  readonly holders: ReadonlyMap<string, readonly string[]>;
}

export interface ServerView {
  readonly hosts: ReadonlyMap<string, HostHoldings>;
  readonly reports: ReadonlyMap<string, HostReportView>;
}

/** @throws InputError when the server does not answer so */
export async function readServerView(client: Pick<Client, 'ask'>): Promise<ServerView> {
  const holdings = (await client.ask('GET', '/v1/holdings', [200])).body;
  const records = (await client.ask('GET', '/v1/srm', [200])).body;
  return {
    hosts: new Map(
      anArray(holdings.hosts, 'hosts').map((item, index) => {
        const read = hostHoldings(item, `hosts[${index}]`);
        return [read.host, read];
      }),
    ),
    reports: new Map(anArray(records.hosts, 'hosts').map((item, index) => hostReport(item, `hosts[${index}]`))),
  };
}

function hostHoldings(value: unknown, where: string): HostHoldings {
  const { host, takesServers, servers, cards } = anObject(value, where);
  return {
    host: aText(host, `${where}.host`),
    takesServers: aBoolean(takesServers, `${where}.takesServers`),
    servers: anArray(servers, `${where}.servers`).map((item, index) => {
      const at = `${where}.servers[${index}]`;
      const { serverId, request, vcpus, ramMib, diskGib } = anObject(item, at);
      return {
        serverId: serverId === null ? null : aText(serverId, `${at}.serverId`),
        request: request === undefined ? null : aText(request, `${at}.request`),
        vcpus: aNumber(vcpus, `${at}.vcpus`),
        ramMib: aNumber(ramMib, `${at}.ramMib`),
        diskGib: aNumber(diskGib, `${at}.diskGib`),
      };
    }),
    cards: new Map(
      anArray(cards, `${where}.cards`).map((item, index) => {
        const { address, holder } = anObject(item, `${where}.cards[${index}]`);
        return [aText(address, `${where}.cards[${index}].address`), typeof holder === 'string' ? holder : ''];
      }),
    ),
  };
}

function hostReport(value: unknown, where: string): [string, HostReportView] {
  const { host, stale, receivedAtS, record } = anObject(value, where);
  const { cards } = anObject(record, `${where}.record`);
  const holders = anArray(cards, `${where}.record.cards`).map((item, index) => {
    const { address, serverIds } = anObject(item, `${where}.record.cards[${index}]`);
    const at = `${where}.record.cards[${index}]`;
    const ids = anArray(serverIds, `${at}.serverIds`).map((id, number) => aText(id, `${at}.serverIds[${number}]`));
    return [aText(address, `${at}.address`), ids] as const;
  });
  return [
    aText(host, `${where}.host`),
    {
      isStale: aBoolean(stale, `${where}.stale`),
      receivedAtS: aNumber(receivedAtS, `${where}.receivedAtS`),
      holders: new Map(holders),
    },
  ];
}
