// What stands against a change of the fold's settings, looked for before anything is written.

import type { FoldSettings } from '../../domain/fold-settings.ts';
import type { PartitionDocument } from '../../read/partition-document.ts';
import type { CommandContext } from '../command-context.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { openTopicAdmin } from '../topic-admin.ts';
import { topologyOfConfig } from '../topology-of-config.ts';

/** Whoever has reported within this time may be there still. */
const SEEN_WITHIN_MS = 15_000;

/**
 * An owner that was started with another value halts as soon as the change is folded.
 * @throws CommandFailure that names the owners, the values and the cure
 */
export function requireNobodyAgainst(changed: Partial<FoldSettings>, documents: readonly PartitionDocument[]): void {
  const against = new Map<string, string>();
  for (const { owner = '?', seen_at = 0, given_settings = {} } of documents) {
    if (Date.now() - seen_at > SEEN_WITHIN_MS) continue;
    const differing = Object.entries(given_settings).filter(([name, value]) => {
      const wanted: unknown = Reflect.get(changed, name);
      return wanted !== undefined && wanted !== value;
    });
    if (differing.length > 0) against.set(owner, differing.map(([name, value]) => `${name}=${value}`).join(' '));
  }
  if (against.size === 0) return;
  const owners = [...against].map(([owner, values]) => `${owner} with ${values}`).join('; ');
  throw new CommandFailure(
    `nothing was written: processors were started with other values, and would halt: ${owners}`,
    EXIT.failed,
    'take these settings out of their environment and flags and start them again, then repeat this; or add --anyway',
  );
}

/** Larger copies need topics that take them. @throws CommandFailure that names the topics and the cure */
export async function requireRoom(context: CommandContext, { copy_bytes_max }: Partial<FoldSettings>): Promise<void> {
  if (copy_bytes_max === undefined) return;
  const admin = await openTopicAdmin(context);
  const small: string[] = [];
  for (const { topic, messageBytesMin } of topologyOfConfig(context.config).topics) {
    const least = messageBytesMin(copy_bytes_max);
    const has = Number((await admin.look(topic))?.configs['max.message.bytes'] ?? Number.POSITIVE_INFINITY);
    if (has < least) {
      small.push(
        `kafka-configs.sh --alter --entity-type topics --entity-name ${topic} --add-config max.message.bytes=${least}`,
      );
    }
  }
  if (small.length === 0) return;
  throw new CommandFailure(
    `nothing was written: with copy_bytes_max=${copy_bytes_max} copies would not fit into ${small.length} topic(s)`,
    EXIT.failed,
    `raise what they take first: ${small.join('; ')}`,
  );
}
