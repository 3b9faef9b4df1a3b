// `taskfold partitions list`: every partition of the input in one line, with what halts it and the cure.

import type { Command } from 'commander';
import { z } from 'zod';
import { defineCommand } from './command-context.ts';
import { EXIT } from './command-failure.ts';
import { positionsOrProblem } from './kafka-positions.ts';
import { openReads } from './open-redis.ts';
import { table } from './output.ts';
import { cureOfStatus, type PartitionStatus, partitionStatus } from './partition-status.ts';

export function partitionsListCommand(): Command {
  return defineCommand({
    name: 'list',
    summary: 'list the partitions: owner, state, W, C, lag, halts and their cures',
    description:
      'Lists every partition of the input topic: its owner, how it stands, W (next offset to fold), C (next offset whose events are to leave), lag ' +
      '(records not folded yet), and where it is halted the code and the cure. Without Kafka it shows what the owners last told, and exits 3.',
    examples: [
      ['partitions list', 'all of them'],
      ['partitions list --halted', 'only those that need an operator'],
      ['partitions list --json | jq -r ".partitions[] | select(.halt) | .cure"', 'the cures alone'],
    ],
    options: [['--halted', 'only those that need an operator']],
    parse: z.object({ halted: z.boolean().default(false) }),
    settings: ['services', 'names'],
    needs: ['redis'],
    async run(context, { halted }) {
      const { output, config } = context;
      const reads = await openReads(context);
      const [documents, kafka] = await Promise.all([reads.readPartitions(), positionsOrProblem(context)]);
      const known = new Set(documents.map(({ partition }) => partition));
      // What nobody has folded yet is known to Kafka alone.
      const unborn = [...(kafka.positions?.keys() ?? [])].filter((partition) => !known.has(partition));
      const partitions = [...documents, ...unborn.map((partition) => ({ partition, outbox_length: 0 }))]
        .map((document) => partitionStatus(document, kafka.positions, Date.now()))
        .map((status) => ({ ...status, ...withCure(status) }))
        .filter(({ cure }) => !halted || cure !== undefined)
        .sort((a, b) => a.partition - b.partition);
      const answered = kafka.exitCode === EXIT.unavailable ? 'away' : 'reached';
      const document = { topic: config.input_topic, group: config.group, kafka: answered, partitions };
      await output.result(document, () => (partitions.length === 0 ? nothing(halted) : linesOf(partitions)));
      if (kafka.problem !== null) output.note(`taskfold: ${kafka.problem}; positions are the owners' last words`);
      return kafka.exitCode;
    },
  });
}

function withCure(status: PartitionStatus): { cure?: string } {
  const cure = cureOfStatus(status);
  return cure === undefined ? {} : { cure };
}

function nothing(halted: boolean): string {
  return halted ? 'no partition needs an operator' : 'no partition is known yet: start "taskfold run"';
}

function linesOf(partitions: readonly (PartitionStatus & { cure?: string })[]): string {
  const head = ['partition', 'state', 'W', 'C', 'lag', 'owner', 'halt', 'cure'];
  const rows = partitions.map(({ partition, condition, watermark, emitted, lag, owner, halt, cure }) => [
    String(partition),
    condition,
    watermark ?? '-',
    emitted ?? '-',
    lag ?? '-',
    owner ?? '-',
    halt?.code ?? '-',
    cure ?? '-',
  ]);
  return table([head, ...rows]);
}
