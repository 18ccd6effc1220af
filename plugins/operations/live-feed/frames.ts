/** @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
import type { ChangeEventEntry } from '../events/serialize.ts'

/** What an event is about: `person` of `person.updated`. */
export const channelOf = (type: string): string => type.slice(0, type.indexOf('.'))

export function frame(id: number, event: string, data: string): string {
  return `id: ${id}\nevent: ${event}\ndata: ${data}\n\n`
}

export function frameOf({ position, event }: ChangeEventEntry): string {
  return frame(position, channelOf(event.type), JSON.stringify(event))
}
