import type { Passkey as SerializedPasskey } from '#schemas/passkeys.ts'
import type { Passkey } from '#sql/passkeys.ts'

export function serialize(passkey: Passkey): SerializedPasskey {
  const { id, credential_id, name, aaguid, transports, device_type, backed_up, created_at, last_used_at } = passkey
  return {
    id,
    credential_id,
    name,
    aaguid,
    transports: JSON.parse(transports) as string[],
    syncable: device_type === 'multiDevice',
    backed_up: backed_up === 1,
    created: new Date(created_at).toISOString(),
    last_used: last_used_at === null ? null : new Date(last_used_at).toISOString(),
  }
}
