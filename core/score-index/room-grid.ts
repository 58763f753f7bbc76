/**
 * How many hosts of each kind have at least so many vCPUs and so much RAM free, without visiting them: hosts that are up stand in a grid of
 * rows by free vCPUs and columns by free RAM. Whole rows above and columns to the right of what is asked are counted from sums; only hosts
 * of the row and the column in which the request itself stands are compared one by one.
 *
 *     rows ≥ r, columns > c: sums per kind, over rows by a Fenwick tree (doi.org/10.1002/spe.4380240306), over columns by groups of 32
 */
import type { Cluster } from '../cluster.ts';
import type { VmRequest } from '../request.ts';
import { ChangedHosts } from './changed-hosts.ts';

const mostRows = 128;
const mostColumns = 512;
const leastColumns = 8;
/** Columns of a group. */
const group = 32;
/** Sums that are kept at most, but for the fewest columns: 16 MB. */
const mostSums = 4_000_000;

export class RoomGrid {
  /** Hosts that are up. */
  up = 0;
  /** Hosts, by kind, that have the vCPUs and the RAM that `count` was last asked about. */
  readonly ofKind: Int32Array;
  readonly #cluster: Cluster;
  readonly #kindOf: Int32Array;
  readonly #changed: ChangedHosts;
  readonly #rows: number;
  readonly #columns: number;
  /** Columns and groups: sums of a row of the tree. */
  readonly #width: number;
  readonly #rowsPerVcpu: number;
  readonly #columnsPerMib: number;
  /** Of each kind and row of the tree: hosts per column, then per group of columns. Row 1 of the tree has the most vCPUs. */
  readonly #sums: Int32Array;
  /** Of each row of the tree: hosts of all kinds and columns. */
  readonly #rowSums: Int32Array;
  /** Of each field of the grid, its first host; of each host, the next and the one before, and its field, -1 while it is down. */
  readonly #first: Int32Array;
  readonly #next: Int32Array;
  readonly #before: Int32Array;
  readonly #fieldOf: Int32Array;

  /** @param kindOf kind of each host, from 0 to before `kinds` */
  constructor(cluster: Cluster, kindOf: Int32Array, kinds: number) {
    const hosts = cluster.hosts.length;
    this.#cluster = cluster;
    this.#kindOf = kindOf;
    this.ofKind = new Int32Array(kinds);
    const mostVcpus = cluster.vcpus.reduce((most, vcpus) => Math.max(most, Math.floor(vcpus)), 0);
    const mostMib = cluster.ramMib.reduce((most, mib) => Math.max(most, mib), 0);
    this.#rows = Math.min(mostRows, mostVcpus + 1);
    this.#rowsPerVcpu = mostVcpus < mostRows ? 1 : mostRows / (mostVcpus + 1);
    let columns = mostColumns;
    while (columns > leastColumns && (4 * columns > hosts || kinds * this.#rows * columns > mostSums)) columns /= 2;
    this.#columns = columns;
    this.#columnsPerMib = columns / (mostMib + 1);
    this.#width = columns + Math.ceil(columns / group);
    this.#sums = new Int32Array(kinds * (this.#rows + 1) * this.#width);
    this.#rowSums = new Int32Array(this.#rows + 1);
    this.#first = new Int32Array(this.#rows * columns).fill(-1);
    this.#next = new Int32Array(hosts);
    this.#before = new Int32Array(hosts);
    this.#fieldOf = new Int32Array(hosts).fill(-1);
    this.#changed = new ChangedHosts(hosts);
    for (let host = 0; host < hosts; host++) this.#changed.add(host);
    cluster.watch((host) => this.#changed.add(host));
  }

  /** Fills `ofKind`. @returns hosts that have the vCPUs, whatever their RAM */
  count({ vcpus, ramMib }: VmRequest): number {
    for (let host = this.#changed.take(); host >= 0; host = this.#changed.take()) this.#update(host);
    const { vcpusFree, ramFreeMib } = this.#cluster;
    const ofKind = this.ofKind.fill(0);
    const row = Math.min(this.#rows - 1, this.#rowOf(vcpus));
    const column = Math.min(this.#columns - 1, this.#columnOf(ramMib));
    const rows = this.#rows;
    const columns = this.#columns;
    // Where a row is a whole number of vCPUs and so many are asked for, all its hosts have them.
    const isWholeRow = this.#rowsPerVcpu === 1 && row === vcpus;
    const firstRow = isWholeRow ? row : row + 1;
    this.#sum(rows - firstRow, column + 1);
    let haveVcpus = 0;
    for (let of = rows - firstRow; of > 0; of &= of - 1) haveVcpus += this.#rowSums[of]!;
    for (let each = firstRow; each < rows; each++) {
      for (let host = this.#first[each * columns + column]!; host >= 0; host = this.#next[host]!) {
        if (ramFreeMib[host]! >= ramMib) ofKind[this.#kindOf[host]!]!++;
      }
    }
    if (isWholeRow) return haveVcpus;
    for (let field = row * columns; field < (row + 1) * columns; field++) {
      for (let host = this.#first[field]!; host >= 0; host = this.#next[host]!) {
        if (vcpusFree[host]! < vcpus) continue;
        haveVcpus++;
        if (ramFreeMib[host]! >= ramMib) ofKind[this.#kindOf[host]!]!++;
      }
    }
    return haveVcpus;
  }

  /** Adds to `ofKind` the hosts of the first `treeRows` rows of the tree and of all columns from one on. */
  #sum(treeRows: number, firstColumn: number): void {
    const columns = this.#columns;
    const sums = this.#sums;
    const firstGroup = Math.ceil(firstColumn / group);
    const endOfColumns = Math.min(firstGroup * group, columns);
    for (let kind = 0; kind < this.ofKind.length; kind++) {
      let sum = 0;
      for (let of = treeRows; of > 0; of &= of - 1) {
        const at = (kind * (this.#rows + 1) + of) * this.#width;
        for (let column = firstColumn; column < endOfColumns; column++) sum += sums[at + column]!;
        for (let place = columns + firstGroup; place < this.#width; place++) sum += sums[at + place]!;
      }
      this.ofKind[kind]! += sum;
    }
  }

  /** What is not free at all, since a report said that more is used than there is, stands with the least. */
  #rowOf(vcpus: number): number {
    return Math.max(0, Math.floor(vcpus * this.#rowsPerVcpu));
  }

  #columnOf(ramMib: number): number {
    return Math.max(0, Math.floor(ramMib * this.#columnsPerMib));
  }

  /** Puts the host where it belongs now. */
  #update(host: number): void {
    const { up, vcpusFree, ramFreeMib } = this.#cluster;
    const row = Math.min(this.#rows - 1, this.#rowOf(vcpusFree[host]!));
    const column = Math.min(this.#columns - 1, this.#columnOf(ramFreeMib[host]!));
    const field = up[host] === 0 ? -1 : row * this.#columns + column;
    const known = this.#fieldOf[host]!;
    if (field === known) return;
    if (known >= 0) {
      const [next, before] = [this.#next[host]!, this.#before[host]!];
      if (before < 0) this.#first[known] = next;
      else this.#next[before] = next;
      if (next >= 0) this.#before[next] = before;
      this.#add(host, known, -1);
    }
    this.#fieldOf[host] = field;
    if (field < 0) return;
    const next = this.#first[field]!;
    this.#first[field] = host;
    this.#next[host] = next;
    this.#before[host] = -1;
    if (next >= 0) this.#before[next] = host;
    this.#add(host, field, 1);
  }

  #add(host: number, field: number, change: 1 | -1): void {
    const columns = this.#columns;
    const row = Math.floor(field / columns);
    const column = field - row * columns;
    const groupPlace = columns + Math.floor(column / group);
    const kind = this.#kindOf[host]! * (this.#rows + 1);
    this.up += change;
    for (let of = this.#rows - row; of <= this.#rows; of += of & -of) {
      const at = (kind + of) * this.#width;
      this.#sums[at + column]! += change;
      this.#sums[at + groupPlace]! += change;
      this.#rowSums[of]! += change;
    }
  }
}
