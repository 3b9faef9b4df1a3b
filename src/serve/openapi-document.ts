// The OpenAPI document: made of the schemas of the routes, without what only the library that makes it needs.

import { jsonSchemaTransformObject } from 'fastify-type-provider-zod';

type Transform = typeof jsonSchemaTransformObject;

/** The document as the library makes it, each schema once, and whole numbers without the bounds of JavaScript. */
export const tidyDocument: Transform = (given) => {
  const document = jsonSchemaTransformObject(given) as { components?: { schemas?: Record<string, unknown> } };
  const schemas = document.components?.schemas ?? {};
  // Each schema comes a second time, as what a request might hold; no request holds any.
  for (const name of Object.keys(schemas)) if (name.endsWith('Input')) delete schemas[name];
  withoutBounds(document);
  return document as ReturnType<Transform>;
};

function withoutBounds(part: unknown): void {
  if (typeof part !== 'object' || part === null) return;
  const schema = part as Record<string, unknown>;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  for (const inner of Object.values(schema)) withoutBounds(inner);
}
