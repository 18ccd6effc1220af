/** Where files are kept. Each is written once, and never changed. */
export interface Storage {
  /** When it resolves, the file survives a crash. */
  write(name: string, bytes: Buffer): Promise<void>
  /** @returns undefined if there is no such file */
  read(name: string): Promise<Buffer | undefined>
  /** Resolves if there is no such file, too. */
  remove(name: string): Promise<void>
}
