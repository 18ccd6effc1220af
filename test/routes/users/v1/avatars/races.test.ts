// No upload leaves a file behind, whatever happens at the same time, and whatever fails.
import { readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import t from 'tap'
import { build, call, codeOf, environment, listen, logIn, PASSWORD } from '../../../../support/app.ts'
import { download, filesOf, openUploads, upload } from '../../../../support/avatars.ts'
import { picture } from '../../../../support/pictures.ts'
import { childrenOf } from '../../../../support/process/children.ts'
import { until } from '../../../../support/until.ts'

const env = await environment(t, { AVATAR_RATE_LIMIT_MAX: '1000' })
const app = await build(t, env)
const png = await picture('png')

const warnings: Error[] = []
process.on('warning', warning => warnings.push(warning))

const idOf = (url: string) => /[0-9a-f]{32}/.exec(url)?.[0] ?? ''
const rows = () => app.db.selectFrom('avatars').selectAll().execute()

t.test('of parallel uploads the last one wins, and of the others nothing is left', async t => {
  const user = await logIn(app)
  const responses = await Promise.all(Array.from({ length: 8 }, () => upload(app, user, png)))
  t.ok(responses.every(({ statusCode }) => statusCode === 200))
  const { avatar_url } = (await call(app, 'GET', '/users/v1/me', user)).json()
  const urls = responses.map(response => response.json<{ avatar_url: string }>().avatar_url)
  t.ok(urls.includes(avatar_url))
  t.equal((await download(app, avatar_url)).statusCode, 200)
  const left = filesOf(app).map(idOf)
  // A response may already show the picture of the next one.
  t.same(new Set(urls.filter(url => left.includes(idOf(url)))), new Set([avatar_url]))
  t.equal((await rows()).filter(({ user_id }) => user_id === user.user_id).length, 1)
})

t.test('an upload against the deletion of the account leaves no file', async t => {
  for (let i = 0; i < 3; i++) {
    const user = await logIn(app)
    const deletion = () =>
      call(app, 'DELETE', `/users/v1/${user.user_id}`, { token: user.token, payload: { password: PASSWORD } })
    const [uploaded, deleted] = await Promise.all([upload(app, user, png), deletion()])
    t.equal(deleted.statusCode, 200)
    t.ok([200, 401, 404].includes(uploaded.statusCode), uploaded.body)
    if (uploaded.statusCode === 200)
      t.equal(codeOf(await download(app, uploaded.json().avatar_url)), 'not-found', 'gone at once')
  }
  await app.cleanUp.run()
  t.same(
    (await rows()).filter(({ user_id }) => user_id === null),
    [],
  )
  const known = new Set((await rows()).map(({ id }) => id))
  t.same(
    filesOf(app).filter(name => !known.has(idOf(name))),
    [],
  )
})

t.test('while files cannot be written or deleted, nothing is promised, and the clean-up makes up for it', async t => {
  const user = await logIn(app)
  const { avatar_url } = (await upload(app, user, png)).json()
  const folder = `${app.config.DATA_DIR}/avatars/${idOf(avatar_url).slice(0, 2)}`
  const [file] = filesOf(app).filter(name => name.startsWith(idOf(avatar_url)))
  // A folder in the place of a file cannot be deleted as one.
  await rm(`${folder}/${file}`)
  await mkdir(`${folder}/${file}`)
  await writeFile(`${folder}/${file}/x`, '')
  const removed = await call(app, 'DELETE', `/users/v1/${user.user_id}/avatar`, { token: user.token })
  t.equal(removed.statusCode, 200)
  t.equal(codeOf(await download(app, avatar_url)), 'not-found')
  await app.cleanUp.run()
  t.ok(
    (await rows()).some(({ id }) => id === idOf(avatar_url)),
    'still to be deleted',
  )
  await rm(`${folder}/${file}`, { recursive: true })
  await app.cleanUp.run()
  t.notOk((await rows()).some(({ id }) => id === idOf(avatar_url)))
  t.notOk(filesOf(app).some(name => name.startsWith(idOf(avatar_url))))
})

t.test('what a crash leaves between the files and the row of the user is deleted, but no upload under way', async t => {
  const [abandoned, underWay] = ['a'.repeat(32), 'b'.repeat(32)]
  for (const [id, age] of [
    [abandoned, 2 * 3_600_000],
    [underWay, 1000],
  ] as const) {
    await app.db
      .insertInto('avatars')
      .values({ id, user_id: null, created_at: Date.now() - age })
      .execute()
    await mkdir(`${app.config.DATA_DIR}/avatars/${id.slice(0, 2)}`, { recursive: true })
    for (const name of ['512.webp', '128.webp.part'])
      await writeFile(`${app.config.DATA_DIR}/avatars/${id.slice(0, 2)}/${id}-${name}`, png)
  }
  t.equal(codeOf(await download(app, `http://x/avatars/${underWay}-512.webp`)), 'not-found', 'not yet to be seen')
  await app.cleanUp.run()
  const names = filesOf(app)
  t.equal(names.filter(name => name.startsWith(abandoned)).length, 0)
  t.equal(names.filter(name => name.startsWith(underWay)).length, 2)
})

t.test('files that cannot be deleted keep none behind them waiting', async t => {
  const stuck = Array.from({ length: 50 }, (_, n) => n.toString(16).padStart(32, '0'))
  const last = 'f'.repeat(32)
  const unowned = [...stuck, last].map(id => ({ id, user_id: null, claimed: 1 as const, created_at: Date.now() }))
  await app.db.insertInto('avatars').values(unowned).execute()
  for (const id of stuck) await mkdir(`${app.config.DATA_DIR}/avatars/00/${id}-128.webp`, { recursive: true })
  const left = async () => (await rows()).map(({ id }) => id).filter(id => unowned.some(row => row.id === id))
  await app.cleanUp.run()
  t.same((await left()).sort(), [...stuck, last])
  await app.cleanUp.run()
  t.same((await left()).sort(), stuck)
  await rm(`${app.config.DATA_DIR}/avatars/00`, { recursive: true })
  await app.cleanUp.run()
  t.same(await left(), [])
})

t.test('a picture shows at once on another instance, and is served by it', async t => {
  const other = await build(t, env)
  const user = await logIn(app)
  const me = async () => (await call(other, 'GET', '/users/v1/me', user)).json().avatar_url
  t.equal(await me(), null)
  const { avatar_url } = (await upload(app, user, png)).json()
  if (app.mysql) t.equal(await me(), avatar_url)
  t.equal((await download(other, avatar_url)).statusCode, 200)
})

t.test('an upload that its client breaks off leaves nothing, and the next one is served', async t => {
  const url = await listen(app)
  const user = await logIn(app)
  const before = filesOf(app).length
  const head = Buffer.from('--x\r\ncontent-disposition: form-data; name="avatar"; filename="a"\r\n\r\n')
  const uploads: [type: string, begun: Buffer][] = [
    ['image/png', png],
    ['multipart/form-data; boundary=x', Buffer.concat([head, png])],
  ]
  for (const [type, begun] of uploads) {
    const aborted = new AbortController()
    const body = new ReadableStream({ start: controller => controller.enqueue(begun) })
    const headers = { authorization: `Bearer ${user.token}`, 'content-type': type }
    const init = { method: 'PUT', body, headers, signal: aborted.signal, duplex: 'half' }
    const outcome = fetch(`${url}/users/v1/${user.user_id}/avatar`, init as RequestInit).then(
      () => 'answered',
      () => 'broken off',
    )
    await until(async () => openUploads().length > 0)
    aborted.abort()
    t.equal(await outcome, 'broken off')
    await until(async () => openUploads().length === 0)
  }
  t.equal(filesOf(app).length, before)
  await until(async () => (await upload(app, user, png)).statusCode === 200)
})

t.test(
  'a picture is taken after the process that decodes was ended while it was idle',
  { skip: process.platform !== 'linux' },
  async t => {
    const user = await logIn(app)
    t.equal((await upload(app, user, png)).statusCode, 200)
    const pids = decoders()
    t.not(pids.length, 0)
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    await until(() => !childrenOf(process.pid).some(pid => pids.includes(pid)))
    t.equal((await upload(app, user, png)).statusCode, 200)
  },
)

t.test('the process that decodes has kept nothing of the many pictures before', async t => {
  t.same(
    warnings.filter(({ name }) => name === 'MaxListenersExceededWarning'),
    [],
  )
})

t.test('a folder that cannot be written to is an error that is no secret, and the earlier picture stays', async t => {
  const broken = await build(t, await environment(t, { AVATAR_STORAGE: '/dev/null/avatars' }))
  const user = await logIn(broken)
  const response = await upload(broken, user, png)
  t.equal(response.statusCode, 503, response.body)
  t.notMatch(response.body, /dev/)
  t.equal((await call(broken, 'GET', '/users/v1/me', user)).json().avatar_url, null)
  await rm(broken.config.DATA_DIR, { recursive: true })
  await writeFile(broken.config.DATA_DIR, 'no folder')
  t.equal((await upload(broken, user, png)).statusCode, 503, 'nor can uploads wait there')
})

/** The processes that decode pictures for this one. */
function decoders(): number[] {
  return childrenOf(process.pid).filter(pid => readFileSync(`/proc/${pid}/cmdline`).includes('pictures/process.ts'))
}
