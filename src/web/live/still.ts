// A component that is drawn anew only when one of its properties is another one: what is around it may change more often.

import { type FunctionComponent, h } from 'preact';
import { useMemo } from 'preact/hooks';

/** All properties are always given, in one order. */
export function still<Props extends object>(Drawn: FunctionComponent<Props>): FunctionComponent<Props> {
  return (props) => useMemo(() => h(Drawn, props), Object.values(props));
}
