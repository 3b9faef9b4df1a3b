// Finds C again after the group's offset was lost: every record that leaves names its source in a header, so the highest
// one among the committed records of all outgoing topics tells how far the notices of a partition have got.

import type { Kafka } from 'kafkajs';
import type { RecordPlace } from '../pipeline/ports.ts';
import { GROUP_HEADER, headerText, LOG_TIME_HEADER, parseSource, SOURCE_HEADER } from '../pipeline/source-header.ts';
import { ClusterLink } from './cluster-link.ts';
import { TransactionScan } from './transaction-scan.ts';

/**
 * The highest source record of `partition` of `inputTopic` in `outputs` (the input itself among them, for re-routed
 * records) that `group` wrote, or null. Call it after the partition's producer was fenced: its transactions have all ended then.
 * @throws Fault service_unavailable
 */
export async function highestSource(
  kafka: Kafka,
  outputs: readonly string[],
  inputTopic: string,
  partition: number,
  group: string,
): Promise<RecordPlace | null> {
  let highest: RecordPlace | null = null;
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
          if (source?.topic !== inputTopic || source.partition !== partition) return null;
          return { offset: source.offset, timestamp: Number(headerText(headers, LOG_TIME_HEADER)) };
        },
        (place) => {
          if (highest === null || place.offset > highest.offset) highest = place;
        },
      );
      await scan.advance();
    } finally {
      await link.close();
    }
  }
  return highest;
}
