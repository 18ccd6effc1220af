/** The live feed. */
import { count } from '../types.ts'

declare module '../schema.ts' {
  interface Topics {
    liveFeed: typeof liveFeed
  }
}

export const liveFeed = {
  LIVE_FEED_CONNECTIONS_PER_USER_MAX: count(
    10,
    0,
    'Streams of change events (`/events/v1/stream`, and open pages) that a user may have open at a time, in each process',
  ),
  LIVE_FEED_CONNECTIONS_MAX: count(5000, 0, 'Streams of change events that may be open at a time, in each process'),
}
