// npm run docs: writes docs/events.md from the schemas of the events.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { documentedApp } from './documented-app.ts'

interface Property {
  description?: string
  const?: string
  anyOf?: Property[]
  $ref?: string
}

interface Document {
  webhooks: Record<string, { post: { description: string; requestBody: { content: Record<string, Media> } } }>
  components: {
    schemas: Record<string, { properties: { data: { properties: Record<string, Property>; required: string[] } } }>
  }
}

interface Media {
  schema: { $ref: string }
  example: object
}

/** `docs/events.md`: how events come about and what they say, and a table of their types. */
export async function eventsPage(): Promise<string> {
  const app = documentedApp()
  try {
    await app.ready()
    return page(app.swagger() as unknown as Document)
  } finally {
    await app.close()
  }
}

function page({ webhooks, components }: Document): string {
  const types = Object.entries(webhooks).map(([type, { post }]) => {
    const [{ schema, example } = { schema: { $ref: '' }, example: {} }] = Object.values(post.requestBody.content)
    const { data } = components.schemas[schema.$ref.split('/').at(-1) ?? '']?.properties ?? {}
    const details = Object.entries(data?.properties ?? {})
    return { type, description: post.description, details, required: data?.required ?? [], example }
  })
  const rows = types.map(({ type, description, details, required }) => {
    const own = details
      .filter(([name]) => !['action', 'user_id'].includes(name))
      .map(([name]) => `\`${name}\`${required.includes(name) ? '' : ' (not always)'}`)
    return `| \`${type}\` | ${description} | ${own.join(', ')} |`
  })
  const channels = [...new Set(types.map(({ type }) => `\`${type.split('.')[0]}\``))].join(', ')
  const example = types.find(({ type }) => type === 'person.updated')?.example
  return `# Change events

Every change of an account and of what belongs to it is an event, in the form of [CloudEvents 1.0](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md):

\`\`\`json
${JSON.stringify(example, null, 2)}
\`\`\`

- **Nothing is lost, nothing is invented.** The transaction that makes a change writes its event: neither exists without the other, whatever crashes.
- **At least once, in order per subject.** Events of one \`subject\` come in the order of its changes. An event may come again, with the same \`id\`: whoever must not act twice
  remembers the ids. The \`subject\` is the user only in \`person.*\` (\`42\`); in all others it is one thing of theirs (\`42/totp\`, \`42/\` and the id of a session), and between two things of one account no order is promised.
- **What is in it**: ids, the action, and the names of the fields that changed. No values, no secrets, nothing personal: receivers fetch the rest from the API, with the rights
  that they have there. So a late receiver never acts on a stale value.
- **Who did it** is the extension attribute \`actor\`: the id of the logged-in user, the account's own or an administrator. It is absent for logins, mailed links and commands.
- **How long**: \`CHANGE_EVENTS_KEPT_DAYS\` ([settings](configuration.md)). The events of an account go with the account; what remains is \`person.deleted\`, and that its sessions ended.

| type | when | \`data\`, besides \`action\` and \`user_id\` |
| --- | --- | --- |
${rows.join('\n')}

Each has a schema in the \`webhooks\` of [openapi.json](openapi.json). [RabbitMQ](rabbitmq.md) gets all of them, if there is one.

No event: what changes by itself (a session that expires, rows that the clean-up deletes), the use of something (a login by a passkey, a rotation of tokens), and
\`npm run revoke -- --all\`, which ends all sessions by a single row.

## Live

\`GET /events/v1/stream\` sends them as they happen, as [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html): users get those of their own account, administrators all of them, or with
\`?mine=true\` only their own. \`?channels=person,login_method\` leaves out all others.

In the shell of the [walk-through](../README.md#walk-through-it), which has rotated its tokens and logged out in the end, log in again:

\`\`\`sh
ACCESS=$(post login "$LEIA" | field token)
curl -sSN "$BASE/events/v1/stream" -H "Authorization: Bearer $ACCESS"
\`\`\`

\`\`\`text
retry: 2000

id: 4711
event: begin
data: {}

id: 4712
event: person
data: {"specversion":"1.0","type":"person.updated","subject":"42","data":{"action":"update","user_id":42,"changed":["first_name"]},…}
\`\`\`

- **The event's name is its channel**, what it is about: ${channels}. Its data is the event from above; what happened is in \`data.action\`: \`create\`, \`update\` or \`delete\`.
- **\`begin\`** tells a new reader where it stands. Fetch what you show after it: whatever changes later comes as an event, also what was changed a moment before.
- **\`Last-Event-ID\`** continues an earlier stream without loss, at any instance; browsers' \`EventSource\` sends it by itself. If what came since is no longer kept, or the id is none of ours, **\`reset\`** says so: fetch anew, then go on.
  A stream that continues has neither: if its first event is not \`reset\`, nothing was missed. \`Last-Event-ID: 0\` asks for all there ever were: they come as long as none has expired, and \`reset\` afterwards.
- **Within a second** of the commit, with Redis or without; with it usually within a few milliseconds. A line \`:\` every 15 s, without events, keeps proxies from closing the connection, and says that it is alive: a reader that hears nothing for
  longer connects again.
- **It ends** within a second (several instances without Redis: \`REVOCATION_SYNC_SECONDS\`) when the session is ended, the account is disabled or deleted, or loses the role of an administrator, and when the access token expires or is rotated away; and when an instance stops. A reader gets a new token, then connects again with \`Last-Event-ID\`.
  So whoever changes their own password does not see it happen: the stream ends before, and the event comes with \`Last-Event-ID\`. Nobody's stream tells of the end of its own session, or account.
- **Who may read**: logins of the service's own. Tokens of applications open it with no scope: it would tell them of more than what their user allowed.
- **Bounds**: \`LIVE_FEED_CONNECTIONS_PER_USER_MAX\` and \`LIVE_FEED_CONNECTIONS_MAX\`, for each process; beyond them it responds 429 \`too-many-streams\`. A reader that is slow costs no memory: the next events are read from the database once it has taken those before. One that takes nothing for
  half a minute is disconnected, and continues later.
- **Ids are positions among the events of all users.** Whoever reads their own can tell from the gaps how much changes in the service as a whole, and nothing else.

### In JavaScript

Browsers' \`EventSource\` sends no \`Authorization\` header: it is for pages with the [session cookie](frontend.md#which-kind-of-session). With tokens, the package [\`eventsource\`](https://www.npmjs.com/package/eventsource) does it, in Node and in browsers:

\`\`\`js
import { EventSource } from 'eventsource'

const source = new EventSource(\`\${BASE}/events/v1/stream?channels=person,session\`, {
  fetch: async (url, init) =>
    fetch(url, { ...init, headers: { ...init.headers, authorization: \`Bearer \${await accessToken()}\` } }),
})
for (const channel of ['begin', 'reset', 'person', 'session'])
  source.addEventListener(channel, ({ data, lastEventId }) => console.log(lastEventId, channel, JSON.parse(data)))
source.addEventListener('error', ({ code }) => console.log(code ?? 'connecting again'))
\`\`\`

\`accessToken()\` is yours, and is asked before each connection: have it refresh a token that is about to expire, or has been rotated away. **After a 401, \`EventSource\` gives up** (\`readyState\` 2), as after any status but 200; open a new one then, which knows no \`Last-Event-ID\` and begins with \`begin\`.
\`onmessage\` never fires, because every event has a name.

Without a package:

\`\`\`js
let last
let rest = ''
const headers = { authorization: \`Bearer \${ACCESS}\`, ...(last && { 'last-event-id': last }) }
const response = await fetch(\`\${BASE}/events/v1/stream\`, { headers })
if (!response.ok) throw new Error(await response.text())
for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
  const frames = (rest + text).split('\\n\\n')
  rest = frames.pop()
  for (const frame of frames) {
    const field = name => frame.match(new RegExp(\`^\${name}: (.*)$\`, 'm'))?.[1]
    last = field('id') ?? last
    if (field('event')) console.log(last, field('event'), JSON.parse(field('data')))
  }
}
\`\`\`

When it ends, connect again, with \`last\`. In browsers, \`client.fetch\` of the [browser client](frontend.md#the-browser-client) takes the place of \`fetch\` and of the token.

## In the code

A function of [sql/](../sql/) that changes a row calls \`noteChange(tx, 'contact', 'updated', { user_id, id, changed })\`; \`transaction\` writes what was noted, in one statement, as the
last before the commit ([sql/connection/changes.ts](../sql/connection/changes.ts)). What it says of an account itself, the unit of work finds out: it compares the user's row before and
after. A resource of your own adds its name to \`ChangedResources\` beside its table, and its schemas to a file in [schemas/](../schemas/), as
[contacts](../schemas/contact-events.ts) do.

Transactions commit in another order than they insert, so that readers who followed the order of insertion would skip some. Events are therefore **stamped** with a position after
their commit, by one process at a time, which has locked a row for it; a reader asks for those after its position, page by page, and misses none. \`app.changeEvents\` has what readers
need: \`after\`, \`head\`, \`isKept\`, \`onNew\`, and \`consume\`, which hands all events to a named consumer by one instance at a time, from where the last one stopped
([plugins/operations/events/](../plugins/operations/events/index.ts)). \`app.liveFeed.open\` makes a stream for one reader ([plugins/operations/live-feed/](../plugins/operations/live-feed/index.ts)): each process reads
what is new once, and hands each event to those whose it is; a reader that is behind reads page by page until it is where the others are.

\`npm run docs\` generates this page from the schemas of the events.
`
}

if (import.meta.main) await writeFile(join(import.meta.dirname, '../docs/events.md'), await eventsPage())
