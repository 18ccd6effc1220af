/** Pages that follow what they show: a script fetches them again when something of it was changed elsewhere. */
import type { ChangedResource } from '#sql/connection/changes.ts'
import type { User } from '#sql/users.ts'
import type { Query } from './links.ts'

export interface Live {
  /** What the page shows: it is fetched again when one of these changes. All, if none are named. */
  channels?: readonly ChangedResource[]
  /** Whose, on a page about one of all users. */
  userId?: User['id']
}

/** Where the pages of a console hear of changes. */
export interface Stream {
  path: string
  channels: readonly string[]
  /** Later changes are heard of. Undefined: those from when the script starts. */
  position: number | undefined
}

/** What the script is told. */
export interface Following {
  channels: string
  path: string
  query: Query
}

export function following(live: Live | undefined, stream: Stream | null): Following | undefined {
  if (!live || !stream) return undefined
  const { channels = stream.channels, userId } = live
  const query = { user_id: userId?.toString(), after: stream.position?.toString(), lang: undefined }
  return { channels: channels.join(' '), path: stream.path, query }
}
