// The rights that reading needs, and no more, in the words of ACL SETUSER: for dashboards and `taskfold serve`. What a script
// does is judged by the same rules, so with EVAL, too, nothing can be written.

import { encodeName } from './slot-keys.ts';

export function readOnlyAclRules(prefix: string, group: string): string[] {
  const commands = ['+@read', '+@connection', '-@dangerous', '+eval', '+evalsha', '+info'];
  return [`~{${encodeName(prefix)}:${encodeName(group)}:*`, ...commands, '+cluster|slots', '+cluster|info'];
}
