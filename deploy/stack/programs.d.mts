/** Paths of programs and folders of jars, each where its kind was asked for. */
export interface Programs {
  readonly java?: string;
  readonly kafka?: string;
  readonly registry?: string;
  readonly redis?: string;
}

export interface ProvideOptions {
  /** whether what is missing may be installed */
  readonly install: boolean;
  onProgress(message: string): void;
}

export function providePrograms(kinds: ReadonlySet<keyof Programs>, options: ProvideOptions): Promise<Programs>;
