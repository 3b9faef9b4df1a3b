// The address holds what is shown: the view, what it is of, and the filters. So every state of the page can be linked to,
// and the browser's own back and forward lead through it.

import { useCallback } from 'preact/hooks';
import { observable, useValue } from './live/observable.ts';

export type View = 'fleet' | 'tasks' | 'task' | 'jobs' | 'job' | 'engines' | 'engine' | 'processors' | 'unknown';

export interface Address {
  readonly view: View;
  /** of the task, job or engine; empty elsewhere */
  readonly id: string;
  readonly filters: ReadonlyMap<string, string>;
}

const LISTS: Readonly<Record<string, { list: View; one: View }>> = {
  tasks: { list: 'tasks', one: 'task' },
  jobs: { list: 'jobs', one: 'job' },
  engines: { list: 'engines', one: 'engine' },
};

/** @param path of the address, `/tasks/T%2F1`; @param query `?status=failed` or empty */
export function addressOf(path: string, query: string): Address {
  const filters = new Map(new URLSearchParams(query));
  const [first = '', ...rest] = path.replace(/^\//, '').replace(/\/$/, '').split('/');
  if (first === '') return { view: 'fleet', id: '', filters };
  if (first === 'processors' && rest.length === 0) return { view: 'processors', id: '', filters };
  const room = LISTS[first];
  if (room === undefined) return { view: 'unknown', id: '', filters };
  const id = decoded(rest.join('/'));
  return { view: id === '' ? room.list : room.one, id, filters };
}

/** The path of a view. Filters that are empty are left out. */
export function pathTo(room: string, id?: string, filters: Readonly<Record<string, string | undefined>> = {}): string {
  const kept = Object.entries(filters).filter(([, value]) => value !== undefined && value !== '') as [string, string][];
  const query = kept.length === 0 ? '' : `?${new URLSearchParams(kept)}`;
  return `/${room}${id === undefined ? '' : `/${encodeURIComponent(id)}`}${query}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const current = observable(addressOf(location.pathname, location.search));

addEventListener('popstate', () => current.set(addressOf(location.pathname, location.search)));

// Links are plain links; a click that asks for nothing special stays within the page.
document.addEventListener('click', (click) => {
  if (click.defaultPrevented || click.button !== 0 || click.metaKey || click.ctrlKey || click.shiftKey || click.altKey)
    return;
  const link = (click.target as Element | null)?.closest?.('a');
  if (!link?.href || link.target !== '' || link.origin !== location.origin || link.pathname.startsWith('/api')) return;
  if (link.hash !== '' && link.pathname === location.pathname) return;
  click.preventDefault();
  goTo(link.pathname + link.search + link.hash);
});

export function goTo(path: string): void {
  history.pushState(null, '', path);
  const before = current.value;
  current.set(addressOf(location.pathname, location.search));
  if (location.hash === '' && (before.view !== current.value.view || before.id !== current.value.id)) scrollTo(0, 0);
}

export function useAddress(): Address {
  return useValue(current);
}

/** Changes filters of the view that is shown, in place: filtering is no step that one goes back through key by key. */
export function useSetFilters(): (changes: Readonly<Record<string, string | undefined>>) => void {
  return useCallback((changes) => {
    const { filters } = current.value;
    const next = Object.fromEntries([...filters, ...Object.entries(changes)]);
    const query = new URLSearchParams(
      Object.entries(next).filter(([, value]) => value !== undefined && value !== '') as [string, string][],
    ).toString();
    history.replaceState(null, '', location.pathname + (query === '' ? '' : `?${query}`));
    current.set(addressOf(location.pathname, location.search));
  }, []);
}
