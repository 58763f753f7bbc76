/** The other half of least-card: CPU VMs as it packs them, GPU VMs as the paper places them. */
import { createPolicy, isGpuRequest, type PolicyFactory, policyNamed } from 'heps-vcd';

const policy: PolicyFactory = {
  name: 'cpu-packing-alone',
  summary: 'CPU VMs as least-card, GPU VMs as hybrid',
  create: () => {
    const [cpu, gpu] = [createPolicy(policyNamed('least-card')), createPolicy(policyNamed('hybrid'))];
    // A spread of hybrid would take its index along, which knows hybrid alone.
    const { index: _, ...scanned } = gpu;
    return {
      ...scanned,
      name: 'cpu-packing-alone',
      score: (host, request) => (isGpuRequest(request) ? gpu : cpu).score(host, request),
      terms: (host, request) => (isGpuRequest(request) ? gpu : cpu).terms(host, request),
    };
  },
};

export default policy;
