/** Which processes hold which cards: those with /dev/vfio/<group>, or on newer kernels /dev/vfio/devices/<device>, open. */
import { type HostTree, hostTree, linkAt, namesAt, textAt } from './host-tree.ts';

/** Holders by the path under /dev/vfio, such as `14` or `devices/vfio0`: the guest's id where QEMU was told it (`-uuid`), else `process 4711`. */
export type VfioHolders = ReadonlyMap<string, readonly string[]>;

/** @returns null, with one warning, when some processes may not be looked into; a process that ends meanwhile holds nothing */
export function readVfioHolders(tree: HostTree): VfioHolders | null {
  const processes = namesAt(tree, '/proc')?.filter((name) => /^\d+$/.test(name)) ?? [];
  const holders = new Map<string, string[]>();
  let closed = 0;
  for (const process of processes) {
    const ofProcess = hostTree(tree.root);
    const nodes = new Set(openNodes(ofProcess, process));
    for (const node of nodes) holders.set(node, [...(holders.get(node) ?? []), holderOf(ofProcess, process)]);
    if (ofProcess.warnings.length > 0) closed++;
  }
  if (closed === 0) return holders;
  tree.warnings.push(
    `cannot see what ${closed} of ${processes.length} processes have open: run the agent as root, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH`,
  );
  return null;
}

function openNodes(tree: HostTree, process: string): string[] {
  const folder = `/proc/${process}/fd`;
  return (namesAt(tree, folder) ?? []).flatMap((descriptor) => {
    const node = /^\/dev\/vfio\/(\d+|devices\/vfio\d+)$/.exec(linkAt(tree, `${folder}/${descriptor}`) ?? '');
    return node === null ? [] : [node[1]!];
  });
}

function holderOf(tree: HostTree, process: string): string {
  const args = textAt(tree, `/proc/${process}/cmdline`)?.split('\0') ?? [];
  const uuid = args[args.indexOf('-uuid') + 1];
  return args.includes('-uuid') && uuid ? uuid : `process ${process}`;
}
