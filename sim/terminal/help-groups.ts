/** Headings of the groups in which `--help` shows the options of a command. */

/** What is written and printed. */
export const outputGroup = 'Output:';

/** How the work is carried out, which changes no result. */
export const executionGroup = 'Execution:';

/** How runs are repeated and measured. */
export const statisticsGroup = 'Statistics:';

/** The policy and its options. */
export const policyGroup = 'Policy:';

/** Which VMs arrive. */
export const workloadGroup = 'Workload:';

/** The cluster, and how the cloud on it behaves. */
export const cloudGroup = 'Cloud:';
