import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'

/** Requests of one connection that may wait for their turn, or be handled in one turn of the event loop. */
const PIPELINED_MAX = 32

/** What Node's parser takes for a request after which nothing follows (an upgrade). */
const NOTHING_FOLLOWS = 2

/**
 * Handles the requests of a connection one after the other: each when its client has taken the response before it. Node itself would start
 * thousands at once, all that a client sent in one write, and keep their responses until they are read.
 * A client that sends further ahead is disconnected: requests that wait cost memory, too, and those that need not wait, because each is answered before
 * the next one's body is parsed, would keep everybody else waiting.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.3.2
 */
export function inTurn(handle: RequestListener): RequestListener {
  const waiting = new WeakMap<Socket, number>()
  const isTooMany = countPerTurn()
  return (request, response) => {
    const { socket } = request
    // The client has hung up, or was told that the connection closes.
    if (!socket.writable) return
    if (isTooMany(socket)) return disconnect(socket)
    // Node assigns the socket to one response at a time.
    if (response.socket) return handle(request, response)
    const ahead = waiting.get(socket) ?? 0
    if (ahead === PIPELINED_MAX) return disconnect(socket)
    waiting.set(socket, ahead + 1)
    response.once('socket', () => {
      waiting.set(socket, (waiting.get(socket) ?? 1) - 1)
      if (socket.writable) handle(request, response)
    })
  }
}

/** Counts a connection's requests in this turn of the event loop. */
function countPerTurn(): (socket: Socket) => boolean {
  const counts = new WeakMap<Socket, { turn: number; requests: number }>()
  let turn = 0
  let isTurnEnding = false

  function endTurn(): void {
    turn++
    isTurnEnding = false
  }

  return socket => {
    if (!isTurnEnding) {
      isTurnEnding = true
      setImmediate(endTurn).unref()
    }
    const count = counts.get(socket)
    if (count?.turn === turn) return ++count.requests > PIPELINED_MAX + 1
    counts.set(socket, { turn, requests: 1 })
    return false
  }
}

/** Node would go on parsing what has arrived already: 64 KiB, or 2,500 requests, for each connection. */
function disconnect(socket: Socket & { parser?: { onIncoming: () => number } }): void {
  if (socket.parser) socket.parser.onIncoming = () => NOTHING_FOLLOWS
  socket.destroy()
}
