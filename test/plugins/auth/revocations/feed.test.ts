/** What a reader of the feed costs, and what it misses: nothing. */
import t from 'tap'
import { createChangeLog } from '../../../../plugins/auth/revocations/change-log.ts'
import { createFeed } from '../../../../plugins/auth/revocations/feed.ts'
import { createRevocationMap } from '../../../../plugins/auth/revocations/map.ts'
import { until } from '../../../support/until.ts'

function feedOf(graceMs = 0) {
  const map = createRevocationMap(graceMs, (entry, grace) => feed.raised(entry, grace))
  const feed = createFeed({ ...map, staleness: () => 0, tokenLifetime: 900 })
  return { map, feed }
}

/** The lines of sessions that a stream has sent, until it is current. */
async function linesUntilCurrent(stream: AsyncIterable<Buffer>): Promise<string[]> {
  let text = ''
  for await (const chunk of stream) {
    text += chunk
    if (text.includes('event: current')) break
  }
  return text.match(/^data: [0-9a-f*]+ \d+$/gm) ?? []
}

t.test('a slow reader costs no memory, whatever happens meanwhile, and misses nothing', async t => {
  const { map, feed } = feedOf()
  for (let i = 0; i < 20_000; i++) map.raise(`early ${i}`, 2)
  const stream = feed.open(undefined, () => true)
  stream.read(1)
  await until(() => stream.readableLength > 0)
  // More than the log holds.
  for (let i = 0; i < 50_000; i++) map.raise(`late ${i}`, 2)
  t.ok(stream.readableLength < 200_000, `${stream.readableLength} bytes wait`)
  const lines = await linesUntilCurrent(stream)
  t.equal(new Set(lines).size, 70_000)
})

t.test('what is not new is not sent', async t => {
  const { map, feed } = feedOf()
  feed.open(undefined, () => true).destroy()
  const stream = feed.open(undefined, () => true)
  let text = ''
  stream.on('data', chunk => {
    text += chunk
  })
  await until(() => text.includes('event: current'))
  for (const generation of [3, 2, 3, Infinity, Infinity, 9]) map.raise('one', generation)
  await until(() => text.match(/2147483647/))
  t.same(text.match(/(?<=data: [0-9a-f]{16} )\d+/g), ['3', '2147483647'])
  stream.destroy()
})

t.test('a token that has a grace period is refused after it, or as soon as that ends', async t => {
  const { map, feed } = feedOf(300)
  feed.open(undefined, () => true).destroy()
  const stream = feed.open(undefined, () => true)
  let text = ''
  stream.on('data', chunk => {
    text += chunk
  })
  await until(() => text.includes('event: current'))
  const startedAt = performance.now()
  map.raise('slow', 2, 300)
  map.raise('quick', 5, 300)
  map.raise('quick', 5, 0)
  await until(() => text.match(/data: \w+ 5$/m))
  t.ok(performance.now() - startedAt < 290)
  t.notMatch(text, /data: \w+ 2$/m)
  await until(() => text.match(/data: \w+ 2$/m))
  t.ok(performance.now() - startedAt > 290)
  stream.destroy()
})

t.test('the log covers the latest changes, and no others', async t => {
  const log = createChangeLog(4)
  t.ok(log.covers(0))
  t.notOk(log.covers(1))
  for (let i = 1; i <= 6; i++) log.append({ high: -i, low: i, generation: i })
  t.notOk(log.covers(1))
  t.same(
    log.read(2, 10).map(({ high, low, generation }) => [high, low, generation]),
    [3, 4, 5, 6].map(i => [-i, i, i]),
  )
  t.same(log.read(6, 10), [])
})
