/** Change events as a reader sees them. */
import type { FastifyInstance } from 'fastify'
import type { ChangeEvent } from '#schemas/change-event.ts'

/** All that there are after a position, in order. @param userId only those of this user */
export async function changeEvents(app: FastifyInstance, userId?: number, after = 0): Promise<ChangeEvent[]> {
  const events: ChangeEvent[] = []
  await app.changeEvents.head()
  for (let position = after; ; ) {
    const page = await app.changeEvents.after(position, 100, userId)
    events.push(...page.map(({ event }) => event))
    const last = page.at(-1)
    if (!last) return events
    position = last.position
  }
}

/** The events that `work` causes. */
export async function causedBy(app: FastifyInstance, work: () => Promise<unknown>): Promise<ChangeEvent[]> {
  const before = await app.changeEvents.head()
  await work()
  return changeEvents(app, undefined, before)
}

/** In short: `contact.updated first_name`. */
export function inShort({ type, data }: ChangeEvent): string {
  const { action: _action, user_id: _user, id: _id, changed, ...details } = data
  return [type, ...Object.values(details), ...(Array.isArray(changed) ? [changed.join(' ')] : [])].join(' ')
}
