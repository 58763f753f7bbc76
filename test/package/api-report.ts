/** Reports of the public API, one an entry, from the built declarations: `docs/api-report/`. A change of the API is a change of these files. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel, type ExtractorMessage } from '@microsoft/api-extractor';

const root = join(import.meta.dirname, '../..');

/** The package's entries, by the name under which they are imported, and where their declarations are built. */
export const entries = {
  'heps-vcd': 'index',
  'heps-vcd/core': 'core/index',
  'heps-vcd/sim': 'sim/index',
  'heps-vcd/traces': 'traces/index',
  'heps-vcd/live': 'live/index',
} as const;

/** The API of an entry. */
export interface ApiReport {
  /** File name of the report. */
  readonly name: string;
  readonly text: string;
  /** Names that the entry exports. */
  readonly exported: readonly string[];
  /** Types that its exports mention without exporting them. */
  readonly unnamed: readonly string[];
  /** Exports without a sentence. */
  readonly undocumented: readonly string[];
  /** Whatever else API Extractor complains of. */
  readonly complaints: readonly string[];
}

/** The report of an entry. Needs `npm run build`. */
export function reportOf(entry: keyof typeof entries): ApiReport {
  const folder = mkdtempSync(join(tmpdir(), 'heps-api-'));
  const name = `${entry.replace('/', '-')}.api.md`;
  const declarations = join(root, 'dist', `${entries[entry]}.d.ts`);
  const unnamed: string[] = [];
  const complaints: string[] = [];
  try {
    Extractor.invoke(configOf(declarations, name, folder), {
      localBuild: true,
      messageCallback: (message) => {
        message.handled = true;
        const [, symbol] = /^The symbol "(\w+)" needs to be exported/.exec(message.text) ?? [];
        if (symbol !== undefined) unnamed.push(symbol);
        else if (isComplaint(message)) complaints.push(message.text);
      },
    });
    const text = readFileSync(join(folder, name), 'utf8');
    const exported = [...text.matchAll(/^export (?:abstract )?(?:class|const|function|interface|type) (\w+\$?)/gm)];
    // A member whose name says all, unit included, may do without a sentence; an export may not.
    const undocumented = [...text.matchAll(/^\/\/ @public \(undocumented\)\nexport (.*)$/gm)];
    return {
      ...{ name, text, unnamed, complaints },
      exported: exported.map(([, symbol]) => symbol!),
      undocumented: undocumented.map(([, line]) => line!),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function isComplaint({ logLevel, messageId }: ExtractorMessage): boolean {
  const isWrong = logLevel === ExtractorLogLevel.Warning || logLevel === ExtractorLogLevel.Error;
  return isWrong && !['ae-undocumented', 'console-api-report-created'].includes(messageId);
}

function configOf(declarations: string, reportFileName: string, folder: string): ExtractorConfig {
  mkdirSync(join(folder, 'temp'));
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: declarations,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'es2023',
            lib: ['es2023'],
            module: 'nodenext',
            types: ['node'],
            strict: true,
            skipLibCheck: true,
            allowImportingTsExtensions: true,
            noEmit: true,
          },
          files: [declarations],
        },
      },
      newlineKind: 'lf',
      apiReport: { enabled: true, reportFileName, reportFolder: folder, reportTempFolder: join(folder, 'temp') },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.Warning },
          // Everything that an entry exports is public.
          'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
        },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, 'package.json'),
  });
}
