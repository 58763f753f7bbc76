/** Boots are neither lost nor doubled nor wrongly placed, whenever the process is killed. `HEPS_KILLS=200` for as many kills. */
import seedrandom from 'seedrandom';
import { expect, test } from 'vitest';
import { cases } from '../../cases.ts';
import { MemoryCloud } from '../memory-cloud/memory-cloud.ts';
import { temporaryFolder } from '../srm/build.ts';
import { memoryHost, reportOfHost } from './harness.ts';
import { runKills } from './kills.ts';

const kills = Number(process.env.HEPS_KILLS ?? cases(8));
const seed = process.env.HEPS_SEED ?? '1';

test(`${kills} kills at random instants under load`, { timeout: 120_000 + kills * 5_000 }, async () => {
  const random = seedrandom.xor4096(seed);
  const hosts = [
    memoryHost('cpu-1'),
    memoryHost('cpu-2'),
    memoryHost('gpu-1', 'a40', 4),
    memoryHost('gpu-2', 'a40', 2),
    memoryHost('gpu-3', 't4', 4),
  ];
  const { path, remove } = temporaryFolder();
  const cloud = await MemoryCloud.start({
    hosts,
    answerMs: () => random() * 15,
    buildMs: () => 20 + random() * 250,
  });
  try {
    const report = await runKills({
      kills,
      folder: path,
      cloud: {
        environment: cloud.environment(path),
        alive: async () => cloud.alive,
        violations: () => cloud.state.violations(),
      },
      reports: hosts.filter(({ cards }) => cards.length > 0).map((host) => reportOfHost(host, 1)),
      bodies: [
        { size: { vcpus: 2, ramMib: 4096, diskGib: 10 } },
        { size: { vcpus: 4, ramMib: 8192, diskGib: 10 }, gpu: { count: 1, memoryMib: 40_000 } },
        { size: { vcpus: 4, ramMib: 8192, diskGib: 10 }, gpu: { count: 1 } },
        { size: { vcpus: 8, ramMib: 16_384, diskGib: 10 }, gpu: { count: 2, models: ['T4'] } },
      ],
      upAtMostS: 0.7,
      scheduling: { mode: 'act', createGraceS: 0.6, reconcileIntervalS: 1, pollIntervalS: 0.05, buildLimitS: 60 },
      users: 8,
      random,
    });
    console.log(JSON.stringify({ kills, acknowledged: report.acknowledged, ran: report.ran }));
    expect(report).toMatchObject({ kills, lost: [], doubled: [], wronglyPlaced: [], leaked: [] });
    expect(report.ran).toBeGreaterThan(0);
    // The server promises to answer what is open for ten seconds at most.
    expect(report.stopS).toBeLessThan(15);
    expect(cloud.state.violations()).toEqual([]);
  } finally {
    await cloud.close();
    remove();
  }
});
