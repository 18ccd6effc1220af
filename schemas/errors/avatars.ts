/** Errors of users' pictures. */
import { entry } from '../error-entry.ts'

declare module '../errors.ts' {
  interface Catalog {
    avatarErrors: typeof avatarErrors
  }
}

export const avatarErrors = {
  avatarInvalid: entry(
    'avatar-invalid',
    400,
    'The picture is missing, damaged, too large in pixels or too narrow (one side more than 20 times the other), or of an unsupported kind: `details.reason` is `missing`, `damaged`, `pixels` or `kind`.',
    'Ask the user for another picture: JPEG, PNG, WebP, GIF or AVIF.',
  ),
  avatarTooLarge: entry(
    'avatar-too-large',
    413,
    'The picture exceeds `AVATAR_MAX_BYTES`.',
    'Scale the picture down, or ask the user for a smaller one.',
  ),
}
