// The commands that a text for operators names: what a person would type who does as it says.

/** Each as its words, `taskfold` left out. A command ends at a comma, a semicolon, a bracket, or the sentence's end. */
export function namedCommands(text: string): string[][] {
  const found = text.matchAll(/\btaskfold ([^;,()]+?)(?=[;,()]|\.(?:\s|$)|$)/g);
  return [...found].map(([, command]) => command!.trim().split(/\s+/));
}
