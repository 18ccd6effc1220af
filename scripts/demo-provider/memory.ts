import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider'

/** Keeps what a provider stores in memory, for as long as the process lives. */
export function memory(): AdapterFactory {
  const rows = new Map<string, AdapterPayload>()
  return model => {
    const key = (id: string) => `${model}:${id}`
    const find = (wanted: (row: AdapterPayload) => boolean) =>
      [...rows].find(([id, row]) => id.startsWith(`${model}:`) && wanted(row))?.[1]
    return {
      upsert: async (id, payload) => void rows.set(key(id), payload),
      find: async id => rows.get(key(id)),
      findByUid: async uid => find(row => row.uid === uid),
      findByUserCode: async userCode => find(row => row.userCode === userCode),
      consume: async id => {
        const row = rows.get(key(id))
        if (row) row.consumed = Math.floor(Date.now() / 1000)
      },
      destroy: async id => void rows.delete(key(id)),
      revokeByGrantId: async grantId => {
        for (const [id, row] of rows) if (row.grantId === grantId) rows.delete(id)
      },
    } satisfies Adapter
  }
}
