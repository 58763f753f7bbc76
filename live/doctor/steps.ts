/** The steps of `heps live doctor`, in order. */
export const doctorSteps: readonly string[] = [
  'login at Keystone',
  'Nova, with the host of a new server to be chosen',
  'Nova’s services',
  'hosts and their cards in Placement',
  'metadata definitions in Glance',
  'clocks',
  'database, and the mail server',
  'server and agents',
  'what is held, against the cloud',
];

/** Numbers of the steps that others than the cloud's own checks take. */
export const aliasStep = 4;
export const clockStep = 6;
export const databaseStep = 7;
export const serverStep = 8;
export const holdingsStep = 9;

/** What asks for the steps that need to be told where to look. */
export const optionsOfSteps: ReadonlyMap<number, string> = new Map([
  [databaseStep, '--config heps.yaml'],
  [serverStep, '--server URL --token-file FILE'],
  [holdingsStep, '--server URL --token-file FILE'],
]);

/** Titles for a terminal: those of steps that were not asked for say how to ask. */
export function titlesOf(leftOut: readonly number[]): readonly string[] {
  return doctorSteps.map((title, index) =>
    leftOut.includes(index + 1) ? `${title}: left out; ${optionsOfSteps.get(index + 1)} asks for it` : title,
  );
}
