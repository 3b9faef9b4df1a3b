// `taskfold status`: the fleet's figures, and how every partition stands.

import type { Command } from 'commander';
import type { FleetDocument } from '../read/fleet-document.ts';
import { type CommandContext, defineCommand } from './command-context.ts';
import { EXIT } from './command-failure.ts';
import { breakdown, count, named, sumOf } from './figures-text.ts';
import { positionsOrProblem } from './kafka-positions.ts';
import { openReads } from './open-redis.ts';
import { table } from './output.ts';
import { cureOfStatus, type PartitionStatus, partitionStatus } from './partition-status.ts';

export function statusCommand(): Command {
  return defineCommand({
    name: 'status',
    summary: 'show the fleet, and every partition: W, C, lag, owner, halts and their cures',
    description:
      'Shows the figures of the whole fleet, and each partition: W (next offset to fold), C (next offset whose events ' +
      'are to leave), lag (records not folded yet), the owner, whether it is halted, why, and the cure. Without Kafka it ' +
      'shows the positions that the owners last told, and exits 3.',
    examples: [
      ['status', 'how is it going?'],
      ['status --json | jq ".partitions[] | select(.halt)"', 'only what is halted'],
    ],
    settings: ['services', 'names'],
    needs: ['redis'],
    async run(context) {
      const reads = await openReads(context);
      const [fleet, documents, kafka] = await Promise.all([
        reads.readFleet(),
        reads.readPartitions(),
        positionsOrProblem(context),
      ]);
      const partitions = documents.map((document) => partitionStatus(document, kafka.positions, Date.now()));
      const { input_topic: topic, group } = context.config;
      const status = {
        topic,
        group,
        kafka: kafka.exitCode === EXIT.unavailable ? 'away' : 'reached',
        fleet,
        partitions,
      };
      await context.output.result(status, () => statusText(fleet, partitions, context));
      if (kafka.problem !== null)
        context.output.note(`taskfold: ${kafka.problem}; positions are the owners' last words`);
      return kafka.exitCode;
    },
  });
}

function statusText(
  fleet: FleetDocument | null,
  partitions: readonly PartitionStatus[],
  context: CommandContext,
): string {
  const { input_topic, group, redis_prefix } = context.config;
  if (fleet === null && partitions.length === 0) {
    return `Nothing is folded yet of ${input_topic} in group ${group} (Redis prefix ${redis_prefix}). Start "taskfold run".`;
  }
  const lines = [`${input_topic} in group ${group}`];
  if (fleet === null) lines.push('Redis holds no state of any partition');
  else lines.push(...fleetLines(fleet));
  lines.push('', partitionTable(partitions));
  for (const status of partitions) {
    const { partition, halt, torn } = status;
    if (halt) lines.push('', `partition ${partition} is halted (${halt.code}): ${halt.message}`);
    else if (torn !== undefined) lines.push('', `partition ${partition}: a save or a clearing did not end (${torn})`);
    else continue;
    lines.push(`  cure: ${cureOfStatus(status)}`);
  }
  return lines.join('\n');
}

function fleetLines(fleet: FleetDocument): string[] {
  const { updates } = fleet;
  const outcomes = (['applied', 'duplicate', 'stale', 'rejected', 'rerouted'] as const)
    .filter((outcome) => updates[outcome] > 0 || outcome === 'applied')
    .map((outcome) => `${count(updates[outcome])} ${outcome}`);
  return [
    `tasks      ${count(fleet.tasks)}${breakdown(fleet.tasks_by_status)}`,
    `liveness   ${named(fleet.tasks_by_liveness) || '-'}`,
    `retired    ${count(fleet.retired.tasks)} tasks`,
    `failures   ${count(String(sumOf(fleet.failures_by_reason)))}${breakdown(fleet.failures_by_reason)}`,
    `jobs       ${count(fleet.job_creations)} created`,
    `updates    ${count(updates.received)}: ${outcomes.join(', ')}${breakdown(fleet.rejected_by_reason)}`,
  ];
}

function partitionTable(partitions: readonly PartitionStatus[]): string {
  const rows = partitions.map((status) => [
    String(status.partition),
    status.condition,
    status.watermark ?? '-',
    status.emitted ?? '-',
    status.lag ?? '-',
    status.owner ?? '-',
    status.seen_at === undefined ? '-' : `${Math.max(0, Math.round((Date.now() - status.seen_at) / 1_000))} s ago`,
  ]);
  const total = partitions.reduce((lag, status) => lag + (status.lag ?? 0), 0);
  const head = ['partition', 'condition', 'W', 'C', 'lag', 'owner', 'seen'];
  return `${table([head, ...rows])}\nlag in all: ${count(total)}`;
}
