// The places of tasks in the slot's sorted sets: when each is to be looked at, and those that lists are made of; and the work
// requests that lead to them.

import { movePlaces, PLACES, type Place } from '../domain/task-places.ts';
import type { TaskChange } from '../domain/task-state.ts';
import type { SlotKeys } from './slot-keys.ts';
import type { SlotWrites } from './slot-writes.ts';
import { writeWorkRequests } from './work-requests.ts';

/** What goes into a sorted set, score and member by turns, and what leaves it. */
interface Moves {
  readonly placed: string[];
  readonly left: string[];
}

export function writeIndexes(writes: SlotWrites, keys: SlotKeys, changes: readonly TaskChange[]): void {
  const looks: Moves = { placed: [], left: [] };
  const places = new Map(PLACES.map((place): [Place, Moves] => [place, { placed: [], left: [] }]));
  const engines = new Map<string, Moves>();
  const move = ({ placed, left }: Moves, id: string, score: number | undefined) => {
    if (score === undefined) left.push(id);
    else placed.push(String(score), id);
  };
  const moves = {
    place: (place: Place, id: string, score: number | undefined) => move(places.get(place)!, id, score),
    engine(engine_id: string, id: string, score: number | undefined) {
      let of = engines.get(engine_id);
      if (of === undefined) {
        of = { placed: [], left: [] };
        engines.set(engine_id, of);
      }
      move(of, id, score);
    },
  };
  for (const change of changes) {
    const { task, look_changed, retired } = change;
    if (retired) looks.left.push(task.internal_task_id);
    else if (look_changed) looks.placed.push(String(task.look_at), task.internal_task_id);
    movePlaces(change, moves);
    if (retired || change.work_requests !== undefined) writeWorkRequests(writes, keys, change);
  }
  write(keys.looks, looks);
  for (const [place, of] of places) write(keys.places[place], of);
  for (const [engine_id, of] of engines) write(keys.engineTasks(engine_id), of);

  function write(key: string, { placed, left }: Moves): void {
    writes.zadd(key, placed);
    writes.zrem(key, left);
  }
}
