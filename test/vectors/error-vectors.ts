// Hand-worked vectors: error episodes, error_details.

import { by, type FoldVector, of, type VectorRecord, type VectorUpdate } from './fold-vector.ts';

const episodes: FoldVector[] = [
  {
    name: 'an episode opens with error_count above 0 and tells one error, not one an update',
    records: [of({ error_count: 1 }), of({ error_count: 1 }), of({ error_count: 5 })],
    expect: {
      tasks: { t1: { error_episode_open: true, error_episode_reason: null, error_count: 7 } },
      events: [
        { offset: 0, index: 1, kind: 'failure', failure: 'error', failure_reason: null, attempt: 1, error_count: 1 },
      ],
      fleet: { failures_by_reason: {}, error_count: '7' },
    },
  },
  {
    name: 'an episode opens with a reason alone, while the task runs on',
    records: [of({ task_status: 'running', failure_reason: 'rate_limited' })],
    expect: {
      tasks: { t1: { task_status: 'running', error_episode_open: true, error_episode_reason: 'rate_limited' } },
      events: [
        {
          offset: 0,
          index: 1,
          kind: 'failure',
          failure: 'error',
          failure_reason: 'rate_limited',
          task_status: 'running',
        },
      ],
      fleet: { failures_by_reason: {}, tasks_by_status: { running: 1 } },
    },
  },
  {
    name: 'reason none, error_count 0 and retries are no error',
    records: [of({ failure_reason: 'none' }), of({ error_count: 0 }), of({ retry_count: 3 })],
    expect: { tasks: { t1: { error_episode_open: false } } },
  },
  {
    name: 'an episode closes silently with an update without error, and the next error opens another',
    records: [of({ error_count: 1 }), of({}), of({ error_count: 1 })],
    expect: {
      tasks: { t1: { error_episode_open: true } },
      events: [
        { offset: 0, index: 1, kind: 'failure', failure: 'error' },
        { offset: 2, index: 1, kind: 'failure', failure: 'error' },
      ],
    },
  },
  {
    name: 'a closed episode forgets its reason: the same reason opens another one',
    records: [of({ failure_reason: 'api' }), of({ failure_reason: 'none' }), of({ failure_reason: 'api' })],
    expect: {
      tasks: { t1: { error_episode_open: true, error_episode_reason: 'api' } },
      events: [
        { offset: 0, index: 1, kind: 'failure', failure: 'error', failure_reason: 'api' },
        { offset: 2, index: 1, kind: 'failure', failure: 'error', failure_reason: 'api' },
      ],
    },
  },
  {
    name: 'a closed episode has no reason any more',
    records: [of({ failure_reason: 'api' }), of({})],
    expect: {
      tasks: { t1: { error_episode_open: false, error_episode_reason: null, failure_reason: 'api' } },
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'error' }],
    },
  },
  {
    name: 'in an open episode another reason is told, the same one is not',
    records: ['api', 'api', 'connection', 'connection', 'api'].map((failure_reason) => of({ failure_reason })),
    expect: {
      tasks: { t1: { error_episode_reason: 'api' } },
      events: [
        { offset: 0, index: 1, kind: 'failure', failure: 'error', failure_reason: 'api' },
        { offset: 2, index: 1, kind: 'failure', failure: 'error', failure_reason: 'connection' },
        { offset: 4, index: 1, kind: 'failure', failure: 'error', failure_reason: 'api' },
      ],
    },
  },
  {
    name: 'an episode that opened without a reason tells its first one',
    records: [of({ error_count: 1 }), of({ failure_reason: 'api' })],
    expect: {
      tasks: { t1: { error_episode_reason: 'api' } },
      events: [
        { offset: 0, index: 1, kind: 'failure', failure: 'error', failure_reason: null },
        { offset: 1, index: 1, kind: 'failure', failure: 'error', failure_reason: 'api' },
      ],
    },
  },
  {
    name: 'errors without a reason, or with none, keep the episode and its reason',
    records: [
      of({ failure_reason: 'api' }),
      of({ error_count: 1 }),
      of({ error_count: 1, failure_reason: 'none' }),
      of({ failure_reason: 'api' }),
    ],
    expect: {
      tasks: { t1: { error_episode_open: true, error_episode_reason: 'api', failure_reason: 'api' } },
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'error', failure_reason: 'api' }],
    },
  },
  {
    name: 'error_count with reason none opens an episode without a reason',
    records: [of({ error_count: 1, failure_reason: 'none' })],
    expect: {
      tasks: { t1: { error_episode_open: true, error_episode_reason: null, failure_reason: 'none' } },
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'error', failure_reason: 'none' }],
    },
  },
  {
    name: 'two unknown reasons are one: unrecognized',
    records: [of({ failure_reason: 'Boom' }), of({ failure_reason: 'Bang' }), of({ failure_reason: 'unknown' })],
    expect: {
      tasks: { t1: { error_episode_reason: 'unknown', unrecognized_failure_reason: null } },
      events: [
        { offset: 0, index: 1, kind: 'failure', failure: 'error', failure_reason: 'unrecognized' },
        { offset: 2, index: 1, kind: 'failure', failure: 'error', failure_reason: 'unknown' },
      ],
    },
  },
  {
    name: 'an episode is the task’s: another work request without error closes it',
    records: [by('w1', { error_count: 1 }), by('w2'), by('w1', { error_count: 1 })],
    expect: {
      tasks: { t1: { error_episode_open: true } },
      events: [
        { offset: 0, index: 1, kind: 'failure', failure: 'error' },
        { offset: 2, index: 1, kind: 'failure', failure: 'error' },
      ],
    },
  },
  {
    name: 'a failure closes the episode and is told instead of an error',
    records: [
      of({ failure_reason: 'api' }),
      of({ task_status: 'failed', failure_reason: 'connection', error_count: 1 }),
      of({ error_count: 1 }),
    ],
    expect: {
      tasks: { t1: { error_episode_open: true, error_episode_reason: null, task_status: 'failed' } },
      events: [
        { offset: 0, index: 1, kind: 'failure', failure: 'error', failure_reason: 'api' },
        { offset: 1, index: 1, kind: 'failure', failure: 'failed', failure_reason: 'connection' },
        { offset: 2, index: 1, kind: 'failure', failure: 'error', failure_reason: null, task_status: 'failed' },
      ],
    },
  },
  {
    name: 'a new attempt closes the episode: the same error is told again, with the new attempt',
    records: [
      by('w1', { task_status: 'failed' }),
      by('w1', { failure_reason: 'api' }),
      by('w1', { task_status: 'queued', failure_reason: 'api' }),
    ],
    expect: {
      tasks: { t1: { attempts: 2, task_status: 'queued', error_episode_open: true } },
      events: [
        { offset: 0, index: 1, kind: 'failure', failure: 'failed' },
        { offset: 1, index: 1, kind: 'failure', failure: 'error', attempt: 1, failure_reason: 'api' },
        { offset: 2, index: 1, kind: 'failure', failure: 'error', attempt: 2, failure_reason: 'api' },
      ],
    },
  },
  {
    name: 'a complete task can still have an error',
    records: [of({ task_status: 'complete' }), of({ error_count: 1 })],
    expect: {
      tasks: { t1: { task_status: 'complete', error_episode_open: true } },
      events: [{ offset: 1, index: 1, kind: 'failure', failure: 'error', task_status: 'complete' }],
    },
  },
  {
    name: 'error_details alone open no episode',
    records: [of({ error_details: '[{"id":"a","msg":"b"}]' })],
    expect: { tasks: { t1: { error_episode_open: false, errors: [{ id: 'a', msg: 'b' }] } } },
  },
];

/** The errors that one update with these details makes. */
const details = (name: string, error_details: string, errors: { id?: string; msg?: string }[]): FoldVector => ({
  name,
  records: [of({ error_details, error_count: 1 })],
  expect: { tasks: { t1: { errors } }, events: [{ offset: 0, index: 1, kind: 'failure', failure: 'error', errors }] },
});

const errorDetails: FoldVector[] = [
  details('error_details: elements in order, each with what it has', '[{"id":"a","msg":"b"},{"id":"c"},{"msg":"d"}]', [
    { id: 'a', msg: 'b' },
    { id: 'c' },
    { msg: 'd' },
  ]),
  details(
    'error_details: numbers become text, other kinds of value are absent',
    '[{"id":7,"msg":1.5},{"id":true,"msg":"m"}]',
    [{ id: '7', msg: '1.5' }, { msg: 'm' }],
  ),
  details(
    'error_details: elements without id and msg, and elements that are no object, make no error',
    '[{},1,"x",null,[],{"code":3},{"id":"k"}]',
    [{ id: 'k' }],
  ),
  details('error_details: an empty array makes none', ' [ ] ', []),
  details('error_details: the empty string makes none', '', []),
  details('error_details: what does not parse is one error with the text as it is', 'connection reset {', [
    { msg: 'connection reset {' },
  ]),
  details('error_details: JSON that is no array is one error with the text as it is', '{"id":"a"}', [
    { msg: '{"id":"a"}' },
  ]),
  details(
    'error_details: id is cut to 256 characters, msg to 1,024',
    JSON.stringify([{ id: 'i'.repeat(257), msg: 'm'.repeat(1_025) }]),
    [{ id: 'i'.repeat(256), msg: 'm'.repeat(1_024) }],
  ),
  details(
    'error_details: characters are code points, and none is cut in two',
    JSON.stringify([{ id: `${'i'.repeat(255)}😀x`, msg: '😀'.repeat(1_025) }]),
    [{ id: `${'i'.repeat(255)}😀`, msg: '😀'.repeat(1_024) }],
  ),
  details('error_details: an unparseable text is cut to 1,024 characters', 'x'.repeat(2_000), [
    { msg: 'x'.repeat(1_024) },
  ]),
  {
    name: 'error_details: the newest errors_kept stay, over updates',
    settings: { errors_kept: 3 },
    records: [
      of({ error_details: '[{"id":"1"},{"id":"2"}]' }),
      of({ error_details: 'three' }),
      of({ error_details: '[{"id":"4"}]' }),
    ],
    expect: { tasks: { t1: { errors: [{ id: '2' }, { msg: 'three' }, { id: '4' }] } } },
  },
  {
    name: 'error_details: an event holds the newest errors_kept of its own update only',
    settings: { errors_kept: 2 },
    records: [
      of({ error_details: '[{"id":"0"}]' }),
      of({ error_count: 1, error_details: '[{"id":"1"},{"id":"2"},{"id":"3"}]' }),
      of({}),
      of({ error_count: 1 }),
    ],
    expect: {
      tasks: { t1: { errors: [{ id: '2' }, { id: '3' }] } },
      events: [
        { offset: 1, index: 1, kind: 'failure', failure: 'error', errors: [{ id: '2' }, { id: '3' }] },
        { offset: 3, index: 1, kind: 'failure', failure: 'error', errors: [] },
      ],
    },
  },
  {
    name: 'error_details: with errors_kept 0 none stays and no event holds any',
    settings: { errors_kept: 0 },
    records: [of({ error_count: 1, error_details: '[{"id":"1"}]' })],
    expect: {
      tasks: { t1: { errors: [], error_count: 1 } },
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'error', errors: [] }],
    },
  },
];

const postOf = (work_request_id: string, prior_timestamp: number, timestamp: number, more: VectorUpdate) =>
  of({ work_request_id, prior_timestamp, timestamp, ...more });

/** w1 posts, w2 tells an error, and w1 posts the same interval again, as after a lost reply. */
const postedAgain = (first: VectorUpdate, again: VectorUpdate): VectorRecord[] => [
  postOf('w1', 0, 5, first),
  postOf('w2', 0, 6, { error_count: 1 }),
  postOf('w1', 0, 10, again),
];

const echoes: FoldVector[] = [
  {
    name: 'a post without an error that is only posted again leaves the episode of another reporter open',
    records: [...postedAgain({ retry_count: 1 }, { retry_count: 1 }), postOf('w2', 6, 12, { error_count: 1 })],
    expect: {
      tasks: { t1: { error_episode_open: true, error_count: 2, marks: { supersede: 1 } } },
      events: [{ offset: 1, index: 1, kind: 'failure', failure: 'error' }],
    },
  },
  {
    name: 'so does one that says reason none as it did before',
    records: postedAgain({ retry_count: 1, failure_reason: 'none' }, { retry_count: 1, failure_reason: 'none' }),
    expect: {
      tasks: { t1: { error_episode_open: true } },
      events: [{ offset: 1, index: 1, kind: 'failure', failure: 'error' }],
    },
  },
  {
    name: 'one that says more than before is an update without an error: it closes the episode',
    records: postedAgain({ retry_count: 1 }, { retry_count: 2 }),
    expect: {
      tasks: { t1: { error_episode_open: false } },
      events: [{ offset: 1, index: 1, kind: 'failure', failure: 'error' }],
    },
  },
  {
    name: 'so is one that ends its work request',
    records: postedAgain({ retry_count: 1 }, { retry_count: 1, task_output: '1' }),
    expect: {
      tasks: { t1: { error_episode_open: false } },
      events: [{ offset: 1, index: 1, kind: 'failure', failure: 'error' }],
    },
  },
  {
    name: 'one that takes back the reason that it told closes the episode',
    records: postedAgain({ failure_reason: 'connection' }, { failure_reason: 'none' }),
    expect: {
      tasks: { t1: { error_episode_open: false } },
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'error', failure_reason: 'connection' }],
    },
  },
];

export const ERROR_VECTORS: readonly FoldVector[] = [...episodes, ...echoes, ...errorDetails];
