/** Half of least-card: GPU VMs as it places them, CPU VMs as the paper does. */
import { createPolicy, isGpuRequest, type PolicyFactory, policyNamed } from 'heps-vcd';

const policy: PolicyFactory = {
  name: 'gpu-choice-alone',
  summary: 'GPU VMs as least-card, CPU VMs as hybrid',
  create: () => {
    const [gpu, cpu] = [createPolicy(policyNamed('least-card')), createPolicy(policyNamed('hybrid'))];
    return {
      ...gpu,
      name: 'gpu-choice-alone',
      score: (host, request) => (isGpuRequest(request) ? gpu : cpu).score(host, request),
      terms: (host, request) => (isGpuRequest(request) ? gpu : cpu).terms(host, request),
    };
  },
};

export default policy;
