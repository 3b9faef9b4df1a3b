// The rules that our Redis user needs, and no more, in the words of ACL SETUSER.

/** The tag of every key begins with prefix and group. */
export function neededAclRules(prefix: string, group: string): string[] {
  const commands = ['+@read', '+@write', '+@connection', '+@transaction', '-@dangerous', '+eval', '+evalsha', '+info'];
  return [`~{${prefix}:${group}:*`, ...commands, '+cluster|slots', '+cluster|info'];
}
