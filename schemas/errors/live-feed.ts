/** Errors of the live feed. */
import { entry } from '../error-entry.ts'

declare module '../errors.ts' {
  interface Catalog {
    liveFeedErrors: typeof liveFeedErrors
  }
}

export const liveFeedErrors = {
  tooManyStreams: entry(
    'too-many-streams',
    429,
    'The user, or everybody together, has the maximum number of event streams open.',
    'Close one that is no longer read, such as a page in another tab, and connect again after the seconds in `Retry-After`.',
  ),
}
