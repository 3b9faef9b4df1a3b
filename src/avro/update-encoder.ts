// TaskStatusDetail → record bytes: what `publish` and the simulated fleet send.

import type { TaskStatusDetail } from '../domain/messages.generated.ts';
import { FAILURE_REASONS, TASK_ACTIONS, TASK_STATUSES, UNRECOGNIZED } from '../domain/task-state.ts';
import { schemaType } from './schema-file.ts';
import { UnfitUpdate } from './update-json.ts';
import { encodeWire } from './wire-format.ts';

export interface UpdateEncoderOptions {
  /** the registry's id of our schema for the input topic */
  readonly schemaId: number;
  /** told of a symbol that the contract does not know: it is sent as `unrecognized`, the rest of the update as it is */
  readonly onUnrecognized?: (field: string, symbol: string) => void;
}

const SYMBOLS: Readonly<Record<'failure_reason' | 'task_status' | 'task_action', ReadonlySet<string>>> = {
  failure_reason: new Set([...FAILURE_REASONS, UNRECOGNIZED]),
  task_status: new Set([...TASK_STATUSES, UNRECOGNIZED]),
  task_action: new Set([...TASK_ACTIONS, UNRECOGNIZED]),
};

/** Encodes updates in Confluent's wire format. @throws UnfitUpdate naming the field whose value does not fit */
export function createUpdateEncoder(options: UpdateEncoderOptions): (update: TaskStatusDetail) => Buffer {
  const type = schemaType('task-status.avsc');

  function withKnownSymbols(update: TaskStatusDetail): TaskStatusDetail {
    let sent = update;
    for (const field of ['failure_reason', 'task_status', 'task_action'] as const) {
      const symbol = update[field];
      if (symbol === null || symbol === undefined || SYMBOLS[field].has(symbol)) continue;
      options.onUnrecognized?.(field, symbol);
      sent = { ...sent, [field]: UNRECOGNIZED };
    }
    return sent;
  }

  return (update) => {
    const sent = withKnownSymbols(update);
    try {
      return encodeWire(options.schemaId, type, sent);
    } catch {
      // Its message would show the value, which could be a token.
      const unfit: string[] = [];
      type.isValid(sent, { errorHook: (path) => void unfit.push(path.join('.')) });
      throw new UnfitUpdate(unfit[0] ?? '', 'the value does not fit the schema of TaskStatusDetail');
    }
  };
}
