import { transaction } from '#sql/connection/transaction.ts'
import {
  deleteOAuthClient,
  endClientSession,
  endSessionsOfClient,
  findOAuthClient,
  insertOAuthClient,
  listOAuthClients,
  lockOAuthClient,
  lockOAuthClientShared,
  type OAuthClientRow,
  openClientSession,
  updateOAuthClient,
} from '#sql/oauth-clients.ts'
import { type SqlCases, uuid } from '../support/sql/cases.ts'

export default {
  table: 'oauth_clients',
  row: (n, now) => ({
    client_id: uuid(n),
    name: `Application ${n}`,
    metadata: '{}',
    secret_hash: null,
    previous_secret_hash: null,
    previous_secret_expires_at: null,
    session_id: uuid(n),
    created_at: now - n,
    updated_at: now,
  }),
  statements({ db, now }) {
    const client = async () => (await findOAuthClient(db, uuid(40))) as OAuthClientRow
    return {
      insertOAuthClient: () =>
        transaction(db, tx => insertOAuthClient(tx, { name: 'Another', metadata: '{}', secret_hash: null })),
      findOAuthClient: () => client(),
      lockOAuthClient: () => transaction(db, tx => lockOAuthClient(tx, uuid(40))),
      lockOAuthClientShared: () => transaction(db, tx => lockOAuthClientShared(tx, uuid(40))),
      listOAuthClients: async () => {
        await listOAuthClients(db, 21)
        await listOAuthClients(db, 21, { created_at: now - 50, client_id: uuid(50) })
      },
      updateOAuthClient: async () => {
        const before = await client()
        await transaction(db, tx => updateOAuthClient(tx, before, { name: 'Renamed' }))
      },
      deleteOAuthClient: () => transaction(db, tx => deleteOAuthClient(tx, uuid(41))),
      openClientSession: () => transaction(db, openClientSession),
      endClientSession: () => transaction(db, tx => endClientSession(tx, uuid(42))),
      endSessionsOfClient: () =>
        transaction(db, tx =>
          endSessionsOfClient(tx, { client_id: uuid(43), session_id: uuid(43) }, { ip: null, user_agent: null }),
        ),
    }
  },
} satisfies SqlCases
