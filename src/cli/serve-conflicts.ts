// Settings of `taskfold serve` that are good each on its own and make no sense together, each told with its cure.

import type { Config } from '../config.ts';
import { keysSource } from '../connect/jwk-set.ts';
import { isLoopback, parseListenAddress } from '../setting.ts';

export function serveConflicts(config: Config): string[] {
  return [...issuerConflicts(config), ...listenConflicts(config)];
}

function issuerConflicts({ api_jwt_issuer, api_jwt_audience, api_jwt_keys }: Config): string[] {
  const given = {
    TASKFOLD_API_JWT_ISSUER: api_jwt_issuer,
    TASKFOLD_API_JWT_AUDIENCE: api_jwt_audience,
    TASKFOLD_API_JWT_KEYS: api_jwt_keys,
  };
  const names = Object.entries(given).filter(([, value]) => value !== '');
  if (names.length === 0) return [];
  const missing = Object.entries(given).filter(([, value]) => value === '');
  const problems = missing.map(
    ([name]) => `${names[0]![0]} is set without ${name}: set all three of ${Object.keys(given).join(', ')}, or none.`,
  );
  if (api_jwt_keys !== '') {
    const source = keysSource(api_jwt_keys);
    if ('problem' in source) {
      problems.push(
        `TASKFOLD_API_JWT_KEYS: the value (not shown) ${source.problem}. Give the URL where the issuer publishes its keys, or its JWKS document as a file (TASKFOLD_API_JWT_KEYS_FILE).`,
      );
    }
  }
  return problems;
}

function listenConflicts({ listen, api_tokens, api_jwt_keys, api_anonymous }: Config): string[] {
  const listened = parseListenAddress(listen);
  if (listened === null) return ['TASKFOLD_LISTEN: "off" is no address. Leave it out, or set a port.'];
  if (isLoopback(listened.host) || api_anonymous === 'everywhere') return [];
  if (api_tokens.length > 0 || api_jwt_keys !== '') return [];
  return [
    `TASKFOLD_LISTEN: ${listen} can be reached by others, and nobody would have to say who they are. Set TASKFOLD_API_TOKENS, or TASKFOLD_API_JWT_ISSUER, _AUDIENCE and _KEYS, or TASKFOLD_API_ANONYMOUS=everywhere where something in front decides who gets through.`,
  ];
}
