// How long texts are, and cutting them to a bound, so that what is kept reads the same after a trip through UTF-8.

const utf8 = new TextEncoder();

/** The first `characters` code points, well-formed: a lone surrogate reads U+FFFD. */
export function cutCharacters(text: string, characters: number): string {
  if (text.length <= characters) return text.toWellFormed();
  let units = 0;
  let taken = 0;
  for (const character of text) {
    if (++taken > characters) break;
    units += character.length;
  }
  return text.slice(0, units).toWellFormed();
}

/** The longest beginning of whole characters that takes at most `bytes` of UTF-8. */
export function cutBytes(text: string, bytes: number): string {
  if (!isLongerThan(text, bytes)) return text.toWellFormed();
  let taken = 0;
  let units = 0;
  for (const character of text) {
    const point = character.codePointAt(0)!;
    taken += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (taken > bytes) break;
    units += character.length;
  }
  return text.slice(0, units).toWellFormed();
}

/** Whether the text takes more than `bytes` of UTF-8. */
export function isLongerThan(text: string, bytes: number): boolean {
  // A UTF-16 unit takes one byte at least and three at most.
  if (3 * text.length <= bytes) return false;
  return text.length > bytes || utf8.encode(text).length > bytes;
}
