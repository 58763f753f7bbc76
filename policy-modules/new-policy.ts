/** The text with which a policy of one's own starts. */
import { policies } from '../core/policies/index.ts';

/**
 * A module that works as it is: it packs, and has one option.
 *
 * @param file its name without ending, from which the policy's name is made
 */
export function newPolicyText(file: string, isTypeScript: boolean): string {
  const plain = file.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  const isTaken = plain === '' || policies.some(({ name }) => name === plain);
  const name = isTaken ? `my-${plain === '' ? 'policy' : plain}` : plain;
  const typed = (text: string): string => (isTypeScript ? text : '');
  return `/** A placement policy. Try it: heps compare --policies hybrid,./${file}.${isTypeScript ? 'ts' : 'js'} --days 3 */
${typed("import type { HostView, PolicyFactoryWith, PolicyOptionRecord, VmRequest } from 'heps-vcd';\n")}import { fineGrained, isGpuRequest } from 'heps-vcd';

/** Each becomes a flag (--idle-weight), a key of a sweep's plan (idle-weight) and of live settings (scheduling.idleWeight). */
const options = {
  idleWeight: {
    help: 'how much an idle card counts beside free vCPUs and RAM',
    minimum: 0,
    default: 1,
    words: (weight${typed(': number')}) => \`idle cards count \${weight}\`,
  },
}${typed(' as const satisfies PolicyOptionRecord')};

const policy${typed(': PolicyFactoryWith<typeof options>')} = {
  name: '${name}',
  summary: 'fills the host that has least left; a CPU VM avoids idle cards',
  options,
  create({ idleWeight }) {
    /** What the host keeps free, as shares of the largest host: the less, the better. */
    const terms = (host${typed(': HostView')}, request${typed(': VmRequest')}) => ({
      vcpus: (host.vcpusFree - request.vcpus) / host.cluster.largest.vcpus,
      ram: (host.ramFreeMib - request.ramMib) / host.cluster.largest.ramMib,
      cards: (idleWeight * (host.idleCards - request.cards)) / host.cluster.largest.cards,
    });
    return {
      // Filters of the paper, and of the cards that serve the ones with the least free memory.
      ...fineGrained,
      name: '${name}',
      // A higher tier beats any score: CPU VMs go to CPU hosts first.
      tier: (host, request) => (isGpuRequest(request) || host.isGpuHost ? 0 : 1),
      // The highest score wins, ties go to the lowest host number.
      score(host, request) {
        const { vcpus, ram, cards } = terms(host, request);
        return -(vcpus + ram + cards);
      },
      // What explanations show of the score, by name.
      terms,
    };
  },
};

export default policy;
`;
}
