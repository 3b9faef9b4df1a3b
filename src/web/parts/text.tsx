// Small pieces of text that behave the same everywhere: times, counts, ids.

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { ExactCount } from '../documents.ts';
import { exact, short } from '../format/number.ts';
import { ago, moment, utc } from '../format/time.ts';
import { useNow } from '../live/clock.ts';
import { Icon } from './icon.tsx';

/** A moment in the reader's zone; UTC on hover. @param at epoch ms */
export function Time({ at, isRelative = false }: { at: number; isRelative?: boolean }) {
  const now = useNow();
  const title = `${utc(at)}${isRelative ? '' : ` · ${ago(now - at)}`}`;
  return (
    <time dateTime={new Date(at).toISOString()} title={title}>
      {isRelative ? ago(now - at) : moment(at, now)}
    </time>
  );
}

/** A number that leads to the list behind it. It is written short where it is long, and exact on hover. */
export function Count({ value, to, isShort = false }: { value: ExactCount; to?: string; isShort?: boolean }) {
  const text = isShort ? short(value) : exact(value);
  const title = text === exact(value) ? undefined : exact(value);
  if (to === undefined)
    return (
      <span class="count" title={title} data-value={String(value)}>
        {text}
      </span>
    );
  return (
    <a class="count" href={to} title={title} data-value={String(value)}>
      {text}
    </a>
  );
}

/** Shorter ids are not cut. */
const WHOLE_ID_MAX = 12;

/** An id: its end tells ids apart, so it is the middle that gives way. */
export function Id({ id, to }: { id: string; to?: string }) {
  const tail = id.length > WHOLE_ID_MAX ? id.slice(-6) : id;
  const text = (
    <>
      {tail !== id && <span class="id-head">{id.slice(0, -6)}</span>}
      <span>{tail}</span>
    </>
  );
  if (to === undefined)
    return (
      <span class="id" title={id}>
        {text}
      </span>
    );
  return (
    <a class="id" href={to} title={id} aria-label={id}>
      {text}
    </a>
  );
}

export function Copy({ text, what }: { text: string; what: string }) {
  const [copied, tell] = useState(false);
  async function copy() {
    await navigator.clipboard.writeText(text);
    tell(true);
    setTimeout(() => tell(false), 1_500);
  }
  return (
    <button type="button" class="copy" onClick={() => void copy()} aria-label={copied ? 'Copied' : `Copy ${what}`}>
      <Icon name={copied ? 'complete' : 'copy'} />
    </button>
  );
}

export function Panel(props: {
  title: string;
  aside?: ComponentChildren;
  class?: string;
  children: ComponentChildren;
}) {
  return (
    <section class={`panel ${props.class ?? ''}`} aria-label={props.title}>
      <header>
        <h2>{props.title}</h2>
        {props.aside !== undefined && <div class="aside">{props.aside}</div>}
      </header>
      {props.children}
    </section>
  );
}
