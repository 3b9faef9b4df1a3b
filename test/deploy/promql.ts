// PromQL taken apart by Prometheus' own grammar: which metrics an expression reads, and by which labels it tells them apart.

import { parser } from '@prometheus-io/lezer-promql';

export interface PromQuery {
  readonly metrics: readonly string[];
  readonly labels: readonly string[];
}

/** @throws Error with the place where the text is no PromQL */
export function readPromQl(expression: string): PromQuery {
  const metrics: string[] = [];
  const labels: string[] = [];
  parser.parse(expression).iterate({
    enter: ({ name, type, from, to, node }) => {
      if (type.isError) throw new Error(`no PromQL at ${from}: ${expression}`);
      const text = expression.slice(from, to);
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector') metrics.push(text);
      else if (name === 'LabelName') labels.push(text);
    },
  });
  return { metrics, labels };
}
