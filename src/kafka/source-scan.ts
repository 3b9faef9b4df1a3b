// Finds C again after the group's offset was lost: every record that leaves names its source in a header, so the highest
// one among the committed records of all outgoing topics tells how far the notices of a partition have got.

import type { Kafka } from 'kafkajs';
import { GROUP_HEADER, headerText, parseSource, SOURCE_HEADER } from '../pipeline/source-header.ts';
import { ClusterLink } from './cluster-link.ts';
import { TransactionScan } from './transaction-scan.ts';

/**
 * The highest source offset of `partition` of `inputTopic` in `outputs` (the input itself among them, for re-routed
 * records) that `group` wrote, or null. Call it after the partition's producer was fenced: its transactions have all ended then.
 * @throws Fault service_unavailable
 */
export async function highestSourceOffset(
  kafka: Kafka,
  outputs: readonly string[],
  inputTopic: string,
  partition: number,
  group: string,
): Promise<number | null> {
  let highest: number | null = null;
  for (const topic of outputs) {
    const link = new ClusterLink(kafka, topic);
    try {
      const scan = new TransactionScan(
        link,
        ({ headers }) => {
          // Another group that folds the same input has its own C, and its re-routed copies lie here too.
          if ((headerText(headers, GROUP_HEADER) ?? group) !== group) return null;
          const text = headerText(headers, SOURCE_HEADER);
          const source = text === undefined ? null : parseSource(text);
          return source?.topic === inputTopic && source.partition === partition ? source.offset : null;
        },
        (offset) => {
          if (highest === null || offset > highest) highest = offset;
        },
      );
      await scan.advance();
    } finally {
      await link.close();
    }
  }
  return highest;
}
