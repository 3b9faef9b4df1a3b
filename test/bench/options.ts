// The options of a measurement: --help prints what stands at the head of its file, and their defaults; an option that there is not ends it.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ParseArgsConfig, parseArgs } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/** @param file `import.meta.url` of the measurement */
export function optionsOf<const Asked extends Options>(file: string, asked: Asked) {
  const options = { ...asked, help: { type: 'boolean', short: 'h', default: false } } as const;
  try {
    const { values } = parseArgs({ options });
    if (!(values as { help: boolean }).help) return values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${helpOf(file, asked)}`);
    process.exit(2);
  }
  process.stdout.write(helpOf(file, asked));
  process.exit(0);
}

function helpOf(file: string, asked: Options): string {
  const head = readFileSync(fileURLToPath(file), 'utf8').split('\n\n', 1)[0]!;
  const options = Object.entries(asked).map(([name, option]) => {
    const given = option.default === undefined ? '' : ` (default ${String(option.default) || 'none'})`;
    return `  --${name}${option.type === 'boolean' ? '' : ` <${option.multiple ? 'value, may come again' : 'value'}>`}${given}\n`;
  });
  return `${head.replaceAll(/^\/\/ ?/gm, '')}\n\nOptions\n${options.join('')}`;
}
