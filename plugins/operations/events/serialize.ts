import type { ChangeEvent } from '#schemas/change-event.ts'
import type { ChangeEventRow } from '#sql/change-events.ts'

/** An event with its place in the order of all. */
export interface ChangeEventEntry {
  position: number
  user_id: number
  event: ChangeEvent
}

const ACTIONS = { created: 'create', updated: 'update', deleted: 'delete' } as const

/** @param source the service's URL */
export function serialize(row: ChangeEventRow, source: string): ChangeEventEntry {
  const { id, position, type, user_id, resource_id, actor_id, data, created_at } = row
  const action = type.split('.')[1] as keyof typeof ACTIONS
  const event: ChangeEvent = {
    specversion: '1.0',
    id,
    source,
    type,
    time: new Date(created_at).toISOString(),
    subject: resource_id === null ? `${user_id}` : `${user_id}/${resource_id}`,
    ...(actor_id !== null && { actor: `${actor_id}` }),
    data: { action: ACTIONS[action], user_id, ...(resource_id !== null && { id: resource_id }), ...JSON.parse(data) },
  }
  return { position, user_id, event }
}
