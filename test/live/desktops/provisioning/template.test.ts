import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { bringsSsh, checkTemplate, fillTemplate } from '../../../../live/desktops/provisioning/template.ts';
import { buildUserData } from '../../../../live/desktops/provisioning/user-data.ts';
import { readStations } from '../../../../live/desktops/stations-file.ts';
import { order } from './orders.ts';

const fill = (template: string, displayName = 'Chen Wei'): string =>
  buildUserData({
    ...order,
    person: { ...order.person, displayName },
    image: { ...order.image, template },
  });

test('numbers and checked names stand anywhere', () => {
  const template =
    '#!/bin/sh\nuseradd -u {{person.uid}} "{{ person.name }}"\njupyter --base={{desktop.appBase.files}}\n';
  expect(fill(template)).toBe(`#!/bin/sh\nuseradd -u 10001 "chen"\njupyter --base=${order.desktop.appBase.files}\n`);
});

describe('a free text', () => {
  const hostile = `x'; $(id) "\`id\` : # ${'’'}; Remove-Item`;

  test('a free text is a YAML value after a key or a dash', () => {
    const text = fill(
      '#cloud-config\ngecos: {{person.displayName | json}}\nlist:\n  - {{desktop.title | json}}\n',
      hostile,
    );
    expect(parse(text)).toEqual({ gecos: hostile, list: [order.desktop.title] });
  });

  test('a free text is one word of a shell after a variable', () => {
    const text = fill('#!/bin/sh\nname={{person.displayName | shell}}\necho "$name"\n', `it's $(id)`);
    expect(text).toBe(`#!/bin/sh\nname='it'\\''s $(id)'\necho "$name"\n`);
  });

  test('a free text is a string of PowerShell after a variable', () => {
    expect(fill('#ps1_sysnative\n$name = {{person.displayName | powershell}}\n', "it's")).toBe(
      "#ps1_sysnative\n$name = 'it''s'\n",
    );
  });
});

describe('refused with its line is', () => {
  test.each([
    ['a placeholder that is not known', 'ok\n{{person.shoeSize}}', /:2: expected a placeholder of person\.name/],
    [
      'a free text without filter',
      '#!/bin/sh\necho {{person.displayName}}',
      /:2: expected a filter \(json, shell, powershell\)/,
    ],
    [
      'a free text inside quotes',
      `#!/bin/sh\nname="{{person.displayName | shell}}"`,
      /:2: expected the placeholder as the whole right side/,
    ],
    [
      'a free text within a command',
      '#!/bin/sh\nsu -c {{person.displayName | shell}}',
      /:2: expected the placeholder as the whole/,
    ],
    [
      'a free text with something behind it',
      '#!/bin/sh\nname={{desktop.title | shell}}; id',
      /:2: expected the placeholder as/,
    ],
    [
      'a filter of another language',
      '#cloud-config\n$a = {{desktop.title | json}}',
      /:2: expected the placeholder as the whole/,
    ],
    ['JSON where no YAML is', '#!/bin/sh\na: {{desktop.title | json}}', /:2: expected #cloud-config/],
    ['a filter that is not known', '#!/bin/sh\nname={{desktop.title | html}}', /:2: expected one of the filters/],
    [
      'a here-document that would run it',
      '#!/bin/sh\ncat <<END\nname={{desktop.title | shell}}\nEND',
      /:3: expected no here-document/,
    ],
    ['half a placeholder', '#!/bin/sh\n{{person.name', /:2: expected placeholders/],
  ])('%s', (_, template, message) => {
    expect(() => checkTemplate(template, 'stations.yaml, image a')).toThrow(message);
    expect(() => fill(template)).toThrow(message);
  });

  test('it already when the stations are read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'heps-template-'));
    try {
      writeFileSync(join(folder, 'own.yaml'), '#cloud-config\nhostname: {{person.displayName}}\n');
      const image = { id: 'own', glanceImage: 'own', templateFile: 'own.yaml' };
      const file = join(folder, 'stations.yaml');
      writeFileSync(file, stringify({ stations: [{ id: 'b7', images: [image] }] }));
      expect(() => readStations(file)).toThrow(/own\.yaml:2: expected a filter/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('a value with a line of its own', () => {
    expect(() => fill('#!/bin/sh\nname={{person.displayName | shell}}\n', 'a\nb')).toThrow('control characters');
  });

  test('an application that this image does not have', () => {
    expect(() => fill('#!/bin/sh\necho {{desktop.appBase.other}}\n')).toThrow('desktop.appBase.other');
  });
});

test('a template that names the authority and the host key brings a way to move files, one that names one of them does not', () => {
  const both = '#cloud-config\ntrust: {{desktop.sshAuthority | json}}\nkey: {{desktop.sshHostKey | json}}\n';
  expect([bringsSsh(both), bringsSsh('#cloud-config\ntrust: {{desktop.sshAuthority | json}}\n')]).toEqual([
    true,
    false,
  ]);
  const { authority, hostKeys } = order.desktop.ssh;
  const image = { ...order.image, template: both };
  const key = Buffer.from(hostKeys.privateKey).toString('base64');
  expect(fillTemplate(both, { ...order, image })).toBe(
    `#cloud-config\ntrust: ${JSON.stringify(authority)}\nkey: ${JSON.stringify(key)}\n`,
  );
});
