// Types of chromium.mjs, for the tests.

export function provideChromium(options: {
  /** whether a missing one may be installed (default: it may) */
  install?: boolean;
  onProgress: (line: string) => void;
}): Promise<string>;
