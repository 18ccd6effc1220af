/** Sessions of applications: each is a grant of the OpenID provider. */
import { type Kysely, sql } from 'kysely'
import type { Session } from './sessions.ts'
import type { Tables } from './tables.ts'

/** As part of a query of `sessions`: the name of the application that the session was opened for; null if there is none, or none any more. */
export const applicationName = sql<
  string | null
>`(select name from oauth_clients where oauth_clients.client_id = sessions.client_id)`

/** Records that the user of an application's session authenticated again, in the browser that it was opened in. */
export async function recordAuthentication(
  db: Kysely<Tables>,
  id: Session['id'],
  authentication: Pick<Session, 'auth_time' | 'amr'>,
): Promise<void> {
  await db.updateTable('sessions').set(authentication).where('id', '=', id).where('revoked_at', 'is', null).execute()
}
