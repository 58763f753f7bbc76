/** Stations and desktops as a facility has them, for browser tests. */
import { randomUUID } from 'node:crypto';
import type { DesktopView, StationView } from '../../core/wire/portal.ts';

/** A desktop of chen's that is ready, with what differs. */
export function desktopView(fields: Partial<DesktopView> = {}): DesktopView {
  const nowS = Date.now() / 1000;
  return {
    id: randomUUID(),
    title: 'Bone scan, March',
    owner: 'chen',
    role: 'owner',
    station: 'b7',
    stationTitle: 'B7 hard X-ray imaging',
    image: 'imaging-linux',
    imageTitle: 'Imaging on Debian 12',
    system: 'linux',
    size: { vcpus: 16, ramMib: 128 * 1024, diskGib: 200 },
    gpu: { count: 1, memoryMib: 48 * 1024 },
    state: 'ready',
    reason: null,
    expectedAtS: null,
    host: 'gpu-a40-003',
    cardModels: ['NVIDIA A40'],
    createdAtS: nowS - 3600,
    readyAtS: nowS - 3400,
    endsAtS: nowS + 7 * 3600,
    latestEndAtS: nowS + 6 * 86_400,
    idleEndAtS: null,
    warning: null,
    shares: [],
    apps: [{ id: 'jupyter', title: 'JupyterLab' }],
    viewers: [],
    ...fields,
  };
}

/** Two stations as a facility has them. */
export const stationViews: readonly StationView[] = [
  {
    id: 'b7',
    title: 'B7 hard X-ray imaging',
    description: 'Tomography and phase contrast. Your beamtime directories are mounted.',
    images: [
      {
        id: 'imaging-linux',
        title: 'Imaging on Debian 12',
        system: 'linux',
        software: ['Avizo', 'ImageJ', 'TomoPy', 'ParaView', 'Python'],
        apps: [{ id: 'jupyter', title: 'JupyterLab' }],
      },
      {
        id: 'imaging-windows',
        title: 'Imaging on Windows 11',
        system: 'windows',
        software: ['VGSTUDIO MAX', 'Dragonfly', 'ImageJ'],
        apps: [],
      },
    ],
    size: { vcpus: 16, ramMib: 128 * 1024, diskGib: 200 },
    gpu: { count: 1, memoryMib: 48 * 1024 },
    largest: { vcpus: 64, ramMib: 512 * 1024, diskGib: 1000, cards: 4, cardMemoryMib: 80 * 1024 },
    lifetimeS: 8 * 3600,
    longestLifetimeS: 7 * 86_400,
  },
  {
    id: 'b1',
    title: 'B1 engineering materials',
    description: 'Diffraction under load: strain maps, Rietveld refinement.',
    images: [
      {
        id: 'materials-linux',
        title: 'Materials on Debian 12',
        system: 'linux',
        software: ['DAWN', 'GSAS-II', 'pyFAI'],
        apps: [],
      },
    ],
    size: { vcpus: 8, ramMib: 32 * 1024, diskGib: 100 },
    gpu: { count: 0, memoryMib: 0 },
    largest: { vcpus: 32, ramMib: 128 * 1024, diskGib: 500, cards: 1, cardMemoryMib: 24 * 1024 },
    lifetimeS: 8 * 3600,
    longestLifetimeS: 3 * 86_400,
  },
];
