// The administration's pages about webhooks.

import t from 'tap'
import { build, call } from '../../support/app.ts'
import { administratorsBrowser, signedInBrowser } from '../../support/console.ts'
import { until } from '../../support/until.ts'
import { allDelivered, deliveriesOf, status, webhookReceiver, webhookRow } from '../../support/webhooks.ts'

const PATH = '/admin/webhooks'
const app = await build(t)
const admin = await administratorsBrowser(app)

/** What the form of a new webhook sends. */
const FORM: [string, string][] = [
  ['url', 'https://crm.example/hook'],
  ['description', 'CRM'],
  ['format', 'standard-webhooks'],
  ['audience', ''],
  ['types', 'vaccination.updated'],
  ['types', 'vaccination.deleted'],
]
const filled = (changes: Record<string, string | undefined>) =>
  [...FORM.filter(([name]) => !(name in changes)), ...Object.entries(changes)].filter(
    (field): field is [string, string] => field[1] !== undefined,
  )

const all = () => app.db.selectFrom('webhooks').selectAll().orderBy('id', 'desc').execute()
const secretIn = (body: string) => /<code class="secret" translate="no">(whsec_[\w+/]{43}=)<\/code>/.exec(body)?.[1]

/** Makes one as the form does. */
async function create(
  changes: Record<string, string | undefined> = {},
): Promise<{ id: string; path: string; secret: string }> {
  const page = await admin.submit(`${PATH}/new`, filled(changes))
  const [row] = await all()
  if (page.statusCode !== 200 || !row) throw new Error(`no webhook: ${page.body}`)
  return { id: row.id, path: `${PATH}/${row.id}`, secret: secretIn(page.body) ?? '' }
}

t.test('without any, the page says so, and the administration leads to it', async t => {
  t.match((await admin.open(PATH)).body, 'There is no webhook.')
  t.match((await admin.open('/admin/users')).body, `<a href="${PATH}">Webhooks</a>`)
})

t.test('a webhook is created, and its secret shown this once', async t => {
  const page = await admin.submit(`${PATH}/new`, FORM)
  t.equal(page.statusCode, 200)
  t.equal(page.headers['cache-control'], 'no-store')
  const secret = secretIn(page.body) ?? ''
  t.ok(secret)
  const [{ id = '' } = {}] = await all()
  t.match(await app.webhooks.read(id), {
    url: 'https://crm.example/hook',
    types: ['vaccination.updated', 'vaccination.deleted'],
    format: 'standard-webhooks',
    description: 'CRM',
    audience: null,
    enabled: true,
  })
  for (const url of ['', `/${id}`, `/${id}/edit`, `/${id}/secret`, `/${id}/disable`, `/${id}/deletion`]) {
    const { statusCode, body } = await admin.open(PATH + url)
    t.equal(statusCode, 200, url)
    t.match(body, 'CRM')
    t.notMatch(body, secret)
  }
})

t.test('the same form, sent again or twice at once, creates one webhook', async t => {
  for (const times of [1, 2]) {
    const action = /action="([^"]*\/new\?id=[^"]*)"/.exec((await admin.open(`${PATH}/new`)).body)?.[1] ?? ''
    const { length } = await all()
    const pages = await Promise.all(Array.from({ length: times }, () => admin.submit(action, FORM)))
    const path = `${PATH}/${new URL(action, app.config.PUBLIC_URL).searchParams.get('id')}`
    t.equal(pages.filter(({ body }) => secretIn(body)).length, 1)
    for (const page of [...pages.filter(({ body }) => !secretIn(body)), await admin.submit(action, FORM)])
      t.equal(page.headers.location, `${path}?done=created`)
    t.match((await admin.open(`${path}?done=created`)).body, 'The webhook was created before.')
    t.equal((await all()).length, length + 1)
  }
})

t.test('every type of events can be chosen, and has words in every language', async t => {
  for (const [lang, fallback] of [
    ['en', 'Created'],
    ['de', 'Neu'],
    ['es', 'Creación'],
  ] as const) {
    const { body } = await admin.open(`${PATH}/new?lang=${lang}`)
    for (const type of app.webhooks.types()) {
      t.match(body, new RegExp(`<input id="type-${type}" name="types" value="${type}" type="checkbox">`), type)
      const [thing = ''] = type.split('.')
      t.match(body, new RegExp(`<legend>\\s*[^<]+<code>${thing}</code>`), thing)
    }
    t.match(body, fallback)
  }
})

t.test('Security Event Tokens have an audience, and no secret', async t => {
  const page = await admin.submit(`${PATH}/new`, filled({ format: 'set', audience: 'https://crm.example', types: '*' }))
  t.equal(secretIn(page.body), undefined)
  t.match(page.body, 'This webhook has no secret')
  const [{ id = '' } = {}] = await all()
  t.match(await app.webhooks.read(id), { format: 'set', audience: 'https://crm.example', types: ['*'] })
  const path = `${PATH}/${id}`
  t.notMatch((await admin.open(path)).body, `${path}/secret`)
  t.equal((await admin.open(`${path}/secret`)).statusCode, 409)
  t.equal((await admin.submit(`${path}/secret`)).statusCode, 409)
  await admin.submit(`${path}/edit`, [
    ['url', 'https://crm.example/'],
    ['audience', ''],
    ['types', '*'],
  ])
  t.match(await app.webhooks.read(id), { url: 'https://crm.example/', audience: null, description: '' })
})

t.test('what was typed comes back with what is wrong with it', async t => {
  const before = await all()
  const cases: [changes: Record<string, string | undefined>, field: string, text: RegExp][] = [
    [{ url: '' }, 'url', /Enter an address of at most 1024 characters/],
    [{ url: 'https://10.0.0.7/hook' }, 'url', /WEBHOOK_INTERNAL_HOSTS/],
    [{ url: 'http://crm.example/' }, 'url', /begins with https/],
    [{ types: undefined }, 'types', /Choose at least one/],
    [{ types: 'person.vanished' }, 'types', /does not exist/],
    [{ types: 'planet.created' }, 'types', /does not exist/],
    [{ description: 'x'.repeat(201) }, 'description', /at most 200 characters/],
    [{ audience: 'two words' }, 'audience', /without spaces/],
  ]
  for (const [changes, field, text] of cases) {
    const { statusCode, body } = await admin.submit(`${PATH}/new`, filled(changes))
    t.equal(statusCode, 400, JSON.stringify(changes))
    t.match(body, new RegExp(`<a href="#${field}">[^<]*${text.source}`), field)
    t.match(body, new RegExp(`id="${field}-error"`))
    t.match(body, new RegExp(`id="${field}"[^>]*aria-describedby="[^"]*${field}-error"`), 'tied to the field')
    if (field !== 'types') t.match(body, /value="vaccination\.deleted"[^>]* checked/)
    if (field !== 'description') t.match(body, 'value="CRM"')
    if (field !== 'url') t.match(body, 'value="https://crm.example/hook"')
  }
  t.same(await all(), before)
})

t.test('a webhook is changed as its form says', async t => {
  const { id, path } = await create()
  const form = (await admin.open(`${path}/edit`)).body
  t.match(form, 'value="https://crm.example/hook"')
  t.match(form, /value="vaccination\.updated"[^>]* checked/)
  t.notMatch(form, 'name="format"')
  const saved = await admin.submit(`${path}/edit`, [
    ['url', 'https://other.example/'],
    ['description', ''],
    ['types', '*'],
  ])
  t.equal(saved.headers.location, `${path}?done=saved`)
  t.match((await admin.open(`${path}?done=saved`)).body, 'The webhook is changed.')
  t.match(await app.webhooks.read(id), { url: 'https://other.example/', description: '', types: ['*'] })
  const wrong = await admin.submit(`${path}/edit`, [
    ['url', 'https://other.example/#top'],
    ['types', '*'],
  ])
  t.equal(wrong.statusCode, 400)
  t.match(wrong.body, 'value="https://other.example/#top"')
})

t.test('a test event is sent, its delivery is listed, and sent again', async t => {
  const receiver = await webhookReceiver(t)
  receiver.respond = status(400)
  const { id, path } = await create({ url: receiver.url, types: 'person.deleted' })
  t.match((await admin.open(path)).body, 'There are none.')
  t.equal((await admin.submit(`${path}/test`)).headers.location, `${path}?done=tested`)
  await until(async () => (await deliveriesOf(app, { id }))[0]?.response_status === 400)
  const page = (await admin.open(`${path}?done=tested`)).body
  for (const text of [
    'A test event is on its way',
    'webhook.test',
    'Waiting',
    'responded 400',
    '1 attempt',
    'Next attempt',
    'every delivery has failed since',
  ])
    t.match(page, text)
  t.match((await admin.open(PATH)).body, '1 event waits')

  receiver.respond = status(204)
  const [delivery] = await deliveriesOf(app, { id })
  const again = await admin.submit(`${path}/deliveries/${delivery?.id}/retry`)
  t.equal(again.headers.location, `${path}?done=retried`)
  await allDelivered(app, { id })
  t.match((await admin.open(path)).body, /webhook\.test<\/code> · Delivered/)
  t.match((await admin.open(PATH)).body, /Last delivery:.*Delivered/)
  t.match((await admin.open(`${path}?status=failed`)).body, 'There are none.')
  t.match((await admin.open(`${path}?status=`)).body, 'webhook.test')
  t.equal((await admin.submit(`${path}/deliveries/${id}/retry`)).statusCode, 404)
})

t.test('deliveries come in pages, of one state if that is asked for', async t => {
  const { id, path } = await create()
  const now = Date.now()
  const rows = Array.from({ length: 25 }, (_, i) => ({
    id: `01900000-0000-7000-8000-0000000002${String(i).padStart(2, '0')}`,
    webhook_id: id,
    event_id: `01900000-0000-7000-8000-0000000003${String(i).padStart(2, '0')}`,
    type: 'person.updated',
    subject: `nr-${i}`,
    position: i,
    body: '{}',
    status: 'delivered' as const,
    created_at: now,
    due_at: now,
    gives_up_at: now,
  }))
  await app.db.insertInto('webhook_deliveries').values(rows).execute()
  const first = (await admin.open(`${path}?status=delivered`)).body
  t.match(first, 'about nr-24')
  t.notMatch(first, 'about nr-4<')
  const next = /rel="next" href="([^"]+)"/.exec(first)?.[1]?.replaceAll('&amp;', '&').replace(/#.*/, '') ?? ''
  t.match(next, 'status=delivered')
  t.match((await admin.open(next)).body, 'about nr-4<')
})

t.test('a webhook is disabled and enabled after a question', async t => {
  const { id, path } = await create()
  t.match((await admin.open(`${path}/disable`)).body, 'Disable this webhook?')
  t.equal((await webhookRow(app, { id })).enabled, 1, 'asking does nothing')
  t.equal((await admin.open(`${path}/enable`)).statusCode, 404)
  t.equal((await admin.submit(`${path}/disable`)).headers.location, `${path}?done=disable`)
  const page = (await admin.open(path)).body
  t.match(page, 'Disabled')
  t.notMatch(page, `${path}/test`)
  const refused = await admin.submit(`${path}/test`)
  t.equal(refused.statusCode, 409)
  t.match(refused.body, 'Enable it first.')
  t.equal((await admin.submit(`${path}/enable`)).headers.location, `${path}?done=enable`)
  t.equal((await webhookRow(app, { id })).enabled, 1)
})

t.test('why the service has disabled a webhook is said', async t => {
  const { id, path } = await create()
  for (const [disabled_because, text] of [
    ['gone', 'no longer exists'],
    ['failing', 'no delivery succeeded for a day'],
  ] as const) {
    await app.db.updateTable('webhooks').set({ enabled: 0, disabled_because }).where('id', '=', id).execute()
    for (const page of [PATH, path]) t.match((await admin.open(page)).body, text)
  }
})

t.test('a secret is renewed after a question, and sending the form twice does not end the one in use', async t => {
  const { id, path, secret } = await create()
  const question = (await admin.open(`${path}/secret`)).body
  const version = /name="version" value="([^"]+)"/.exec(question)?.[1] ?? ''
  const page = await admin.submit(`${path}/secret`, { version })
  const renewed = secretIn(page.body)
  t.ok(renewed)
  t.not(renewed, secret)
  t.match(page.body, 'The previous secret signs too, until')
  const row = await webhookRow(app, { id })
  const twice = await admin.submit(`${path}/secret`, { version })
  t.equal(twice.statusCode, 409)
  t.match(twice.body, 'was changed in the meantime')
  t.same(await webhookRow(app, { id }), row)
  t.match((await admin.open(`${path}/secret`)).body, 'ends at once')
})

t.test('a webhook is deleted after a question', async t => {
  const { id, path } = await create()
  t.match((await admin.open(`${path}/deletion`)).body, 'Delete this webhook?')
  t.ok(await webhookRow(app, { id }), 'asking does nothing')
  t.equal((await admin.submit(`${path}/deletion`)).headers.location, `${PATH}?done=deletion`)
  for (const page of ['', '/edit', '/secret', '/disable', '/deletion']) {
    const { statusCode, body } = await admin.open(path + page)
    t.equal(statusCode, 404, page)
    t.match(body, '<h1')
  }
  for (const page of ['/test', '/secret', '/disable', '/deletion'])
    t.equal((await admin.submit(path + page)).statusCode, 404, page)
  t.equal(
    (
      await admin.submit(
        `${path}/edit`,
        FORM.filter(([name]) => name !== 'format'),
      )
    ).statusCode,
    404,
  )
})

t.test('whoever has not authenticated lately does so first, and comes back to the page', async t => {
  const { id, path } = await create()
  const before = await webhookRow(app, { id })
  const stale = await signedInBrowser(app, admin.user)
  for (const page of [`${PATH}/new`, ...['edit', 'secret', 'disable', 'deletion'].map(name => `${path}/${name}`)]) {
    const expected = `/account/reauthenticate?redirect_to=${encodeURIComponent(page)}`
    t.equal((await stale.open(page)).headers.location, expected)
    t.equal((await stale.submit(page, FORM, page)).headers.location, expected)
  }
  t.equal((await stale.open(path)).statusCode, 200)
  t.same(await webhookRow(app, { id }), before)
})

t.test('nobody but administrators gets there, and no other site sends the forms', async t => {
  const { id, path } = await create()
  const before = await webhookRow(app, { id })
  const user = await signedInBrowser(app)
  await user.reauthenticate()
  for (const page of [
    PATH,
    `${PATH}/new`,
    path,
    `${path}/edit`,
    `${path}/secret`,
    `${path}/disable`,
    `${path}/deletion`,
  ])
    t.equal((await user.open(page)).statusCode, 403, page)
  for (const form of [
    `${PATH}/new`,
    ...['test', 'edit', 'secret', 'disable', 'deletion'].map(name => `${path}/${name}`),
  ]) {
    t.equal((await user.submit(form, FORM)).statusCode, 403, form)
    const foreign = await call(app, 'POST', form, {
      payload: new URLSearchParams(FORM).toString(),
      headers: {
        accept: 'text/html',
        cookie: `${app.sessionCookie.name}=${admin.cookie()}`,
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'cross-site',
        origin: 'https://evil.example',
      },
    })
    t.equal(foreign.statusCode, 403, form)
    t.notMatch(foreign.body, 'value="CRM"')
  }
  t.same(await webhookRow(app, { id }), before)
  t.equal((await deliveriesOf(app, { id })).length, 0)
})

t.test('the pages speak German and Spanish', async t => {
  t.match((await admin.open(`${PATH}/new?lang=de`)).body, 'Webhook anlegen')
  t.match((await admin.open(`${PATH}/new?lang=es`)).body, 'Crear un webhook')
  t.match(
    (await admin.submit(`${PATH}/new?lang=de`, filled({ types: undefined }))).body,
    'Wählen Sie mindestens eines aus',
  )
})

t.test('what somebody typed is text on every page', async t => {
  const { path } = await create({ description: '<b>"CRM" & \'more\'</b>' })
  for (const page of [PATH, path, `${path}/edit`, `${path}/secret`, `${path}/disable`, `${path}/deletion`])
    t.notMatch((await admin.open(page)).body, '<b>', page)
})

t.test('there is a maximum of webhooks, and the form says so', async t => {
  const [row] = await all()
  if (!row) throw new Error('no webhook')
  const more = Array.from({ length: 100 - (await all()).length }, (_, i) => ({
    ...row,
    id: `01900000-0000-7000-8000-0000000001${String(i).padStart(2, '0')}`,
    enabled: 0 as const,
  }))
  await app.db.insertInto('webhooks').values(more).execute()
  const page = await admin.submit(`${PATH}/new`, FORM)
  t.equal(page.statusCode, 409)
  t.match(page.body, 'as many webhooks as there may be')
  t.match((await admin.open(PATH)).body, 'rel="next"')
})
