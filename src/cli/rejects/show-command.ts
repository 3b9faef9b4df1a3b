// `taskfold rejects show`: one rejected record, decoded as far as that can be done now.

import type { Command } from 'commander';
import { type CommandContext, defineCommand } from '../command-context.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { isoTime } from './list-command.ts';
import { type FoundReject, openRejects, type Rejects } from './open-rejects.ts';
import type { RejectDocument } from './reject-document.ts';
import { rejectDocument } from './whole-reject.ts';

export function showCommand(): Command {
  return defineCommand({
    name: 'show',
    summary: 'show one rejected record, decoded as far as possible',
    description:
      'Shows why a record was rejected, what it says if it decodes now, and what a replay would make of it. Takes the coordinates of the ' +
      'reject, those of the rejected record in the input, or the `ce_id`. Never shows bytes that do not decode, nor tokens.',
    examples: [
      ['rejects show task-status-rejects/3/1041', 'by where the reject lies'],
      ['rejects show task-status/3/88120', 'by where the rejected record lay'],
      ['rejects show 0f6f1c5e-6d1b-8a3e-9a39-0c6b2f1f7a10 --json', 'by its ce_id'],
    ],
    arguments: [['<reject>', '<topic>/<partition>/<offset>, or the ce_id']],
    settings: ['services', 'names'],
    needs: ['kafka', 'registry', 'redis'],
    async run(context, _, [wanted = '']) {
      const rejects = await openRejects(context);
      const found = await find(context, rejects, wanted);
      const [atHand] = await rejects.withRecords([found]);
      const document = rejectDocument(found, atHand!, rejects);
      await context.output.result(document, () => documentText(document));
      return EXIT.done;
    },
  });
}

async function find(context: CommandContext, rejects: Rejects, wanted: string): Promise<FoundReject> {
  const { rejects: topicPlan, input } = rejects.topology;
  const parts = /^(.+)\/(\d{1,10})\/(\d{1,16})$/.exec(wanted);
  const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(wanted);
  if (parts === null && !isId) {
    const cure = `taskfold rejects list shows them: ${topicPlan.topic}/<partition>/<offset>`;
    throw new CommandFailure(`"${wanted}" is neither <topic>/<partition>/<offset> nor a ce_id`, EXIT.usage, cure);
  }
  const [topic, partition, offset] = [parts?.[1], Number(parts?.[2]), Number(parts?.[3])];
  if (topic !== undefined && topic !== topicPlan.topic && topic !== input.topic) {
    throw new CommandFailure(`"${topic}" is neither the rejects topic nor the input topic`, EXIT.usage);
  }
  if (topic === topicPlan.topic) {
    const [found] = await rejects.at([{ partition, offset }]);
    if (found !== undefined) return found;
  } else {
    const progress = context.output.progress(() => `looking for ${wanted}`);
    try {
      // The latest one, where a reset has rejected the same record twice.
      let latest: FoundReject | undefined;
      for await (const chunk of rejects.stream()) {
        for (const one of chunk) {
          const { source, id } = one.reject;
          const same = isId
            ? id === wanted.toLowerCase()
            : source.topic === topic && source.partition === partition && source.offset === offset;
          if (same) latest = one;
        }
      }
      if (latest !== undefined) return latest;
    } finally {
      progress.stop();
    }
  }
  const cure = 'retention may have removed it; "taskfold rejects list" shows what is there';
  throw new CommandFailure(`there is no reject ${wanted}`, EXIT.failed, cure);
}

function documentText(document: RejectDocument): string {
  const { record, now } = document;
  const rows: [string, string | undefined][] = [
    ['reject', `${document.reject}  (${document.form}, ce_id ${document.id})`],
    ['reason', `${document.reason}: ${document.detail}`],
    ['record', `${document.source}, log time ${isoTime(document.log_time)}`],
    ['origin', document.origin && `re-routed from ${document.origin}`],
    ['task', document.internal_task_id],
    ['key', record && (record.key === null ? 'none' : textOf(record.key))],
    ['value', record && (record.value_bytes === null ? 'none' : `${record.value_bytes.toLocaleString('en-US')} bytes`)],
    ['schema', record?.schema_id === undefined ? undefined : String(record.schema_id)],
    [
      'headers',
      record &&
        Object.entries(record.headers)
          .map(([name, held]) => `${name}=${textOf(held)}`)
          .join(', '),
    ],
    ['replays', record && `${record.replays}${record.first_source ? `, first ${record.first_source}` : ''}`],
    ['replayed', document.replayed_at === undefined ? 'no' : isoTime(document.replayed_at)],
    ['now', [now.outlook, now.reason, now.detail].filter(Boolean).join(': ')],
    ['update', record?.update && JSON.stringify(record.update, null, 2)],
  ];
  return rows.flatMap(([name, text]) => (text ? [`${name.padEnd(9)} ${text}`] : [])).join('\n');
}

function textOf(held: string | { bytes: number }): string {
  return typeof held === 'string' ? held : `(${held.bytes.toLocaleString('en-US')} bytes)`;
}
