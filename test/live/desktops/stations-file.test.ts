import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readStations, stationDefaults } from '../../../live/desktops/stations-file.ts';
import { temporaryFolder } from '../srm/build.ts';

const { path, remove } = temporaryFolder();
const file = join(path, 'stations.yaml');
afterAll(remove);

function read(content: string | object) {
  writeFileSync(file, typeof content === 'string' ? content : stringify(content));
  return readStations(file);
}

const image = { id: 'imaging', glanceImage: 'debian-imaging' };
const station = { id: 'b7', images: [image] };

test('the smallest station gets the defaults', () => {
  const { stations, groupLimits } = read({ stations: [station] });
  expect(groupLimits.size).toBe(0);
  expect(stations[0]).toEqual({
    id: 'b7',
    title: 'b7',
    description: '',
    groups: [],
    images: [
      {
        id: 'imaging',
        title: 'imaging',
        system: 'linux',
        glanceImage: 'debian-imaging',
        software: [],
        apps: [],
        vncPort: 5900,
        sshPort: 22,
        template: null,
      },
    ],
    size: stationDefaults.size,
    gpu: { count: 0, memoryMib: 0, cores: 0, models: [] },
    largest: { vcpus: 8, ramMib: 16_384, diskGib: 80, cards: 0, cardMemoryMib: 0 },
    cardModels: [],
    lifetimeS: 86_400,
    longestLifetimeS: 7 * 86_400,
    graceS: 7 * 86_400,
    mounts: [],
    clipboard: { mostIn: 100_000, mostOut: 100_000 },
    files: { up: true, down: true, mostBytes: 1e12, byControllers: false, clientNetworks: [] },
    clientNetworks: [],
    idle: null,
  });
});

test('a station says which files may be moved, by whom and from where; an unknown key or network is refused', () => {
  const files = { up: false, down: true, mostBytes: 5e9, byControllers: true, clientNetworks: ['10.1.0.0/16'] };
  const { stations } = read({ stations: [{ ...station, files, clientNetworks: ['10.0.0.0/8'] }] });
  expect(stations[0]).toMatchObject({ files, clientNetworks: ['10.0.0.0/8'] });
  expect(() => read({ stations: [{ ...station, files: { upload: true } }] })).toThrow(/stations\[0\]\.files/);
  expect(() => read({ stations: [{ ...station, clientNetworks: ['10.1'] }] })).toThrow(
    /clientNetworks: expected networks such as 10\.1\.0\.0\/16, got "10\.1"/,
  );
});

test('a station proposes cores and models of cards, and says which may be chosen; an unknown model is refused', () => {
  const gpu = { count: 1, memoryMib: 24_576, cores: 5000, models: ['A40', 'L40S'] };
  const { stations } = read({ stations: [{ ...station, gpu, cardModels: ['A40', 'T4'] }] });
  expect(stations[0]).toMatchObject({ gpu, cardModels: ['A40', 'T4'] });
  expect(() => read({ stations: [{ ...station, cardModels: ['A41'] }] })).toThrow(
    /stations\[0\]\.cardModels\[0\]: expected a model of the card catalogue.*got "A41"/,
  );
});

test('what is written is read: applications, storage, rules, limits of groups, a template beside the file', () => {
  writeFileSync(join(path, 'imaging.yaml'), '#cloud-config\nuser: {{person.name}}\n');
  const { stations, groupLimits } = read({
    stations: [
      {
        ...station,
        groups: ['ct'],
        images: [
          {
            ...image,
            templateFile: 'imaging.yaml',
            apps: [{ id: 'jupyter', port: 8888, path: '/lab', command: 'jupyter-lab' }],
            software: [{ title: 'ImageJ', command: 'imagej', starts: true }],
          },
        ],
        mounts: [{ type: 'lustre', source: '10.1.0.5@tcp:/heps', target: '/heps', link: 'b7/{user}' }],
        idle: { afterS: 7200, action: 'delete' },
      },
    ],
    limits: { ct: { mostCards: 8 } },
  });
  const [{ groups, images, mounts, idle }] = stations as [(typeof stations)[number]];
  expect([groups, idle]).toEqual([['ct'], { afterS: 7200, action: 'delete' }]);
  expect(images[0]).toMatchObject({
    template: '#cloud-config\nuser: {{person.name}}\n',
    apps: [{ id: 'jupyter', title: 'jupyter', port: 8888, path: '/lab' }],
    software: [{ title: 'ImageJ', command: 'imagej', starts: true }],
  });
  expect(mounts[0]).toMatchObject({ options: 'defaults', groups: [], link: 'b7/{user}' });
  expect(groupLimits.get('ct')).toEqual({ mostDesktops: null, mostCards: 8, mostCardHours: null });
});

test.each([
  ['', 'stations.yaml: expected an object'],
  ['a: [', 'stations.yaml:1: expected YAML'],
  [{ stations: [] }, 'stations: expected at least one station'],
  [{ stations: [{ ...station, id: 'B 7' }] }, 'stations[0].id: expected small letters, digits and -, got "B 7"'],
  [{ stations: [station, station] }, 'stations: expected ids that are all different, got "b7"'],
  [{ stations: [{ ...station, iamges: [] }] }, 'stations[0].iamges: expected one of the fields'],
  [{ stations: [{ ...station, largest: { vcpus: 1 } }] }, 'largest.vcpus: expected at least what is proposed, 4'],
  [
    { stations: [{ ...station, longestLifetimeS: 60 }] },
    'longestLifetimeS: expected at least lifetimeS, 86400, got 60',
  ],
  [
    { stations: [{ ...station, images: [{ ...image, vncPort: 22 }] }] },
    'vncPort: expected a whole number of at least 1024',
  ],
  [
    { stations: [{ ...station, images: [{ ...image, templateFile: 'none.yaml' }] }] },
    'expected a file that can be read, got "ENOENT"',
  ],
  [
    {
      stations: [{ ...station, images: [{ ...image, apps: [{ id: 'a', port: 8888, path: '//evil', command: 'x' }] }] }],
    },
    'path: expected a path such as /lab, got "//evil"',
  ],
  [
    { stations: [{ ...station, mounts: [{ type: 'nfs4', source: 'a:/b', target: '/x y' }] }] },
    'target: expected a text without blanks, quotes and ..',
  ],
  [{ stations: [station], limits: { CT: {} } }, 'limits.CT: expected a group name'],
])('%j is refused in one line', (content, message) => {
  expect(() => read(content)).toThrow(message);
});
