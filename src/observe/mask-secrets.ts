// Takes credentials out of text that is about to be shown: a log line, an error message, a printed setting.

const USER_AND_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/)([^\s/?#@:]*):([^\s/?#]*)@/gi;
// A lone name before the @ is often an access key.
const USER_ALONE = /([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@:]+@/gi;
const ASSIGNED = /((?:password|passwd|pwd|token|secret|authorization|api[_-]?key)["']?\s*[=:]\s*["']?)([^\s"'&,;}]+)/gi;

/** The text with passwords of URLs, and values named like a credential, replaced by `***`. User names stay. */
export function maskSecrets(text: string): string {
  return text.replace(USER_ALONE, '$1***@').replace(USER_AND_PASSWORD, '$1$2:***@').replace(ASSIGNED, '$1***');
}
