// `taskfold settings show`: which settings of the fold are in force in each partition, and since when.

import { type Setting, settings } from '../../config.ts';
import { defineCommand } from '../command-context.ts';
import { EXIT } from '../command-failure.ts';
import { openReads } from '../open-redis.ts';
import { inForceText, settingsInForce } from './in-force.ts';

export function showCommand() {
  return defineCommand({
    name: 'show',
    summary: 'show the settings of the fold that are in force, and since when',
    description:
      'Shows the settings that the fold of each partition goes by, since which offset, by which change (see "settings set"), and ' +
      'those that were given to the owners. Settings that no flag and no variable gives are taken as they are in force. Exits 1 ' +
      'if they are not the same in all partitions.',
    examples: [
      ['settings show', 'what do the partitions go by?'],
      ['settings show --json | jq .settings', 'the same for scripts'],
    ],
    settings: ['services', 'names'],
    needs: ['redis'],
    async run(context) {
      const inForce = settingsInForce(await (await openReads(context)).readPartitions());
      await context.output.result(inForce, () => {
        if (inForce.partitions.length > 0) return inForceText(inForce, unitsOfFold());
        return 'Nothing is folded yet: a partition begins with the settings of the process that starts it ("taskfold settings").';
      });
      return inForce.differing.length > 0 ? EXIT.failed : EXIT.done;
    },
  });
}

function unitsOfFold(): ReadonlyMap<string, string> {
  return new Map((settings as readonly Setting[]).map(({ name, unit }) => [name, unit]));
}
