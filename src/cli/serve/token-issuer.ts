// The issuer of signed tokens, as the settings name it; where its keys cannot be had that is told, and waited for.

import { keysSource } from '../../connect/jwk-set.ts';
import { IssuerKeys } from '../../serve/issuer-keys.ts';
import type { TokenIssuer } from '../../serve/signed-tokens.ts';
import type { CommandContext } from '../command-context.ts';

/** @returns undefined: no signed tokens are let in */
export function tokenIssuer({ config, logger }: CommandContext): TokenIssuer | undefined {
  const { api_jwt_issuer: issuer, api_jwt_audience: audience, api_jwt_keys } = config;
  if (api_jwt_keys === '') return undefined;
  const source = keysSource(api_jwt_keys);
  // Settings with such a problem do not get past the start.
  if ('problem' in source) throw new Error(`TASKFOLD_API_JWT_KEYS ${source.problem}`);
  const service = 'the issuer of tokens';
  const keys = new IssuerKeys(source, {
    onChange(away) {
      if (away === null) logger.log('service_back', { service });
      else logger.log('service_trouble', { service, message: away }, 'issuer');
    },
  });
  void keys.begin();
  return { issuer, audience, keys };
}
