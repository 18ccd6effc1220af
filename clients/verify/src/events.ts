export interface ServerSentEvent {
  name: string
  id: string | undefined
  lines: string[]
}

/** Characters: more than any event of the feed has. */
const EVENT_MAX_LENGTH = 1_000_000

/** The events of a response. @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
export async function* eventsOf(response: Response): AsyncGenerator<ServerSentEvent> {
  if (!response.body) return
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of response.body) {
    const blocks = (rest + decoder.decode(bytes, { stream: true })).split('\n\n')
    rest = blocks.pop() ?? ''
    if (rest.length > EVENT_MAX_LENGTH) throw new Error('an event without an end')
    for (const block of blocks) yield parse(block)
  }
}

function parse(block: string): ServerSentEvent {
  const event: ServerSentEvent = { name: '', id: undefined, lines: [] }
  for (const line of block.split('\n')) {
    if (line.startsWith('data: ')) event.lines.push(line.slice('data: '.length))
    else if (line.startsWith('event: ')) event.name = line.slice('event: '.length)
    else if (line.startsWith('id: ')) event.id = line.slice('id: '.length)
  }
  return event
}
