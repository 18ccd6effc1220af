/** A reader of server-sent events, step by step. */
import type { ChangeEvent } from '#schemas/change-event.ts'
import type { Test } from './app.ts'
import { until } from './until.ts'

export interface Frame {
  event: string
  data: string
  id?: string
}

interface Reading {
  token?: string
  query?: string
  lastEventId?: string | undefined
  headers?: Record<string, string>
}

/** @returns what the live feed has sent so far, which grows, and whether it has ended */
export async function openLiveFeed(t: Test, url: string, { token, query = '', lastEventId, headers }: Reading) {
  return openEventStream(t, `${url}/events/v1/stream${query}`, {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    ...headers,
  })
}

export async function openEventStream(t: Test, url: string, headers: Record<string, string>) {
  const abort = new AbortController()
  t.teardown(() => abort.abort())
  const response = await fetch(url, { headers, signal: abort.signal })
  const stream = {
    response,
    status: response.status,
    headers: response.headers,
    /** Named events. */
    frames: [] as Frame[],
    /** Blocks without one: the time to reconnect, heartbeats. */
    others: [] as string[],
    ended: false,
    close: () => abort.abort(),
  }
  if (response.status !== 200) return withWaiting(stream)
  void read(response, stream)
    .catch(() => {})
    .finally(() => {
      stream.ended = true
    })
  return withWaiting(stream)
}

function withWaiting<Stream extends { frames: Frame[]; ended: boolean }>(stream: Stream) {
  const events = () =>
    stream.frames.filter(({ event }) => !['begin', 'reset'].includes(event)).map(frame => eventOf(frame))
  return Object.assign(stream, {
    events,
    /** In short: `contact.updated`. */
    types: () => events().map(({ type }) => type),
    /** Waits until it has begun. @returns the id that it begins with */
    async begun(): Promise<string> {
      await until(() => stream.ended || stream.frames.length > 0, 5000)
      return stream.frames[0]?.id ?? ''
    },
    count: (wanted: number, within = 5000) => until(() => events().length >= wanted, within),
    lastId: () => stream.frames.at(-1)?.id,
  })
}

function eventOf({ data }: Frame): ChangeEvent {
  return JSON.parse(data)
}

/** Keeps reading until the end. */
export async function read(
  response: Response,
  { frames, others }: { frames: Frame[]; others: string[] },
): Promise<void> {
  let rest = ''
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      if (/^event: /m.test(block)) frames.push(parse(block))
      else others.push(block)
    }
  }
}

export function parse(block: string): Frame {
  const of = (field: string) =>
    block
      .split('\n')
      .filter(line => line.startsWith(`${field}: `))
      .map(line => line.slice(field.length + 2))
  const [event = ''] = of('event')
  const [id] = of('id')
  return { event, data: of('data').join('\n'), ...(id !== undefined && { id }) }
}
