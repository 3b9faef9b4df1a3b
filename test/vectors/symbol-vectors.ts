// Hand-worked vectors: symbols outside of the contract's enums lose nothing but their own field.

import { type FoldVector, of } from './fold-vector.ts';

const symbols: FoldVector[] = [
  {
    name: 'an unknown failure_reason reads unrecognized, keeps its text, loses no counter, and is an error',
    records: [of({ failure_reason: 'Internal', retry_count: 2 })],
    expect: {
      tasks: { t1: { failure_reason: 'unrecognized', unrecognized_failure_reason: 'Internal', retry_count: 2 } },
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'error', failure_reason: 'unrecognized' }],
    },
  },
  {
    name: 'a recognized failure_reason clears the unrecognized text; an absent one does not',
    records: [
      of({ failure_reason: 'Internal' }),
      of({}),
      of({ internal_task_id: 't2', failure_reason: 'Internal' }),
      of({ failure_reason: 'none' }),
    ],
    expect: {
      tasks: {
        t1: { failure_reason: 'none', unrecognized_failure_reason: null },
        t2: { failure_reason: 'unrecognized', unrecognized_failure_reason: 'Internal' },
      },
      events: [
        { offset: 0, index: 1, kind: 'failure', failure: 'error' },
        { offset: 2, index: 1, kind: 'failure', failure: 'error', internal_task_id: 't2' },
      ],
    },
  },
  {
    name: 'an unknown task_action reads unrecognized and asks for no completion',
    records: [of({ task_action: 'completejob' })],
    expect: {
      tasks: {
        t1: { task_action: 'unrecognized', unrecognized_task_action: 'completejob', completion_requested: false },
      },
    },
  },
  {
    name: 'an unknown task_status changes no status, only its text is kept',
    records: [of({ task_status: 'running' }), of({ task_status: 'waiting' })],
    expect: {
      tasks: { t1: { task_status: 'running', unrecognized_task_status: 'waiting' } },
      fleet: { tasks_by_status: { running: 1 } },
    },
  },
  {
    name: 'a recognized task_status clears the unrecognized text, also where the terminal latch holds it off',
    records: [of({ task_status: 'complete' }), of({ task_status: 'waiting' }), of({ task_status: 'running' })],
    expect: { tasks: { t1: { task_status: 'complete', unrecognized_task_status: null, attempts: 1 } } },
  },
  {
    name: 'an unrecognized text is cut to 64 bytes of UTF-8, never inside a character',
    records: [
      of({ task_status: `${'s'.repeat(63)}é`, failure_reason: 'r'.repeat(65), task_action: 'é'.repeat(40) }),
      of({ internal_task_id: 't2', task_status: '😀'.repeat(17) }),
    ],
    expect: {
      tasks: {
        t1: {
          unrecognized_task_status: 's'.repeat(63),
          unrecognized_failure_reason: 'r'.repeat(64),
          unrecognized_task_action: 'é'.repeat(32),
        },
        t2: { unrecognized_task_status: '😀'.repeat(16), task_status: null },
      },
      events: [{ offset: 0, index: 1, kind: 'failure', failure: 'error', failure_reason: 'unrecognized' }],
    },
  },
  {
    name: 'a symbol in another case is unrecognized, and the word unrecognized itself is one too',
    records: [of({ task_status: 'Running', task_action: 'unrecognized' })],
    expect: {
      tasks: {
        t1: {
          task_status: null,
          unrecognized_task_status: 'Running',
          task_action: 'unrecognized',
          unrecognized_task_action: 'unrecognized',
        },
      },
    },
  },
  {
    name: 'an unrecognized symbol replaces a recognized latest value',
    records: [of({ task_action: 'updateStatus' }), of({ task_action: 'x' })],
    expect: { tasks: { t1: { task_action: 'unrecognized', unrecognized_task_action: 'x' } } },
  },
];

export const SYMBOL_VECTORS: readonly FoldVector[] = symbols;
