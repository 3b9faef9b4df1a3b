// What a processor can be measured without: by part, the modules of `src` whose exports are replaced, and by what.

/** Setting of a measured processor: the parts left out, with commas between them. */
export const WITHOUT = 'BENCH_WITHOUT';

export const PARTS = {
  /** shares of jobs and engines */
  'roll-ups': { 'domain/roll-up.ts': 'export const ROLL_UP_KINDS = [];\nexport const countTask = () => {};' },
  /** the sorted sets that lists of tasks are made of */
  lists: { 'domain/task-places.ts': 'export const movePlaces = () => {};\nexport const placesOf = () => null;' },
  /** the index of work requests */
  'work-requests': { 'redis/work-requests.ts': 'export const writeWorkRequests = () => {};' },
} satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

export type Part = keyof typeof PARTS;

export function isPart(name: string): name is Part {
  return Object.hasOwn(PARTS, name);
}
