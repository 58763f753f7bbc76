import fc from 'fast-check';
import { expect, test } from 'vitest';
import { submitDescription } from '../../../sim/sweep/htcondor.ts';
import { readSubmitDescription } from './submit-description.ts';

test('a submit file describes one job a slice, that runs it where the folder is', () => {
  const jobs = readSubmitDescription(submitDescription([2, 5], 8, 3, ['/usr/bin/node', '/opt/heps/dist/cli.js']));
  expect(jobs.map((job) => job.arguments)).toEqual([
    ['/opt/heps/dist/cli.js', 'sweep', 'sweep.json', '--slice', '2/8', '--threads', '1'],
    ['/opt/heps/dist/cli.js', 'sweep', 'sweep.json', '--slice', '5/8', '--threads', '1'],
  ]);
  expect(jobs[0]!.commands).toMatchObject({
    ...{ universe: 'vanilla', executable: '/usr/bin/node', transfer_executable: 'False', should_transfer_files: 'NO' },
    ...{ request_cpus: '1', max_retries: '3', output: 'htcondor/7_2.out', error: 'htcondor/7_2.err' },
  });
});

test('whatever stands in its path, the command arrives as it is', () => {
  const path = fc.string({
    unit: fc.constantFrom('a', '/', ' ', "'", '"', '$', '(', ')'),
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(path, (middle) => {
      const cli = `/${middle}/cli.js`;
      const [job] = readSubmitDescription(submitDescription([1], 1, 0, ['/usr/bin/node', cli]));
      expect(job!.arguments[0]).toBe(cli);
    }),
  );
});

test.each([
  ['executable = /bin/true\nqueue slice in ()', 'no items'],
  ['executable = /bin/true\nqueu 3', 'neither a command nor queue'],
  ['executabel = /bin/true\nqueue s in (1)', 'unknown command'],
  ['executable = /bin/true\narguments = a b\nqueue s in (1)', 'not in double quotes'],
  ['executable = /bin/true\narguments = "it\'s"\nqueue s in (1)', 'an open single quote'],
  ['executable = /bin/true\noutput = $(slice)\nqueue s in (1)', 'no macro slice'],
  ['universe = vanilla\nqueue s in (1)', 'no executable'],
  ['executable = /bin/true', 'nothing is queued'],
])('the checker itself refuses %j', (text, message) => expect(() => readSubmitDescription(text)).toThrow(message));
