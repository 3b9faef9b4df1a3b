// How large the tests are that tell what happens over minutes: as small as can be in `npm test`, as large as the promise is in
// `npm run test:long` (TEST_SIZE=full).

/** @param small in `npm test` @param full what the promise names */
export function sized<T>(small: T, full: T): T {
  return process.env.TEST_SIZE === 'full' ? full : small;
}
