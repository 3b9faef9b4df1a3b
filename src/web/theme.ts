// Dark or light: the system's preference, unless the reader chose (theme.js has applied that before the first frame).

import { observable } from './live/observable.ts';

export type Theme = 'dark' | 'light';

const preference = matchMedia('(prefers-color-scheme: dark)');

function inForce(): Theme {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === 'dark' || chosen === 'light') return chosen;
  return preference.matches ? 'dark' : 'light';
}

export const theme = observable<Theme>(inForce());

preference.addEventListener('change', () => theme.set(inForce()));

export function switchTheme(): void {
  const next: Theme = theme.value === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem('taskfold.theme', next);
  } catch {
    // Storage is forbidden: it holds until the page is loaded again.
  }
  theme.set(next);
}
