// Pictures in S3: a real server, and another client that reads what we wrote.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import sharp from 'sharp'
import t from 'tap'
import {
  build,
  call,
  codeOf,
  environment,
  logIn,
  PASSWORD,
  REAL,
  type Test,
  temporaryFolder,
} from '../../../../support/app.ts'
import { download, upload } from '../../../../support/avatars.ts'
import { picture } from '../../../../support/pictures.ts'
import { proxyTo } from '../../../../support/proxy.ts'
import { hasSwift, type S3Server, startSwift } from '../../../../support/servers/swift.ts'

const run = promisify(execFile)

const isMissing = !(hasSwift() && existsSync('/usr/bin/s3cmd')) && process.env.CI !== 'true'
if (isMissing)
  console.error(
    'NOT TESTED: pictures in S3. Install swift-proxy, swift-account, swift-container, swift-object and s3cmd',
  )
const skip = (REAL && 'what a store answers does not depend on the database') || (isMissing && 'needs Swift and s3cmd')

/** s3cmd, which nobody here wrote. */
async function s3cmd(t: Test, { endpoint, accessKey, secretKey }: S3Server) {
  const { host } = new URL(endpoint)
  const file = join(await temporaryFolder(t), 's3cfg')
  const settings = {
    access_key: accessKey,
    secret_key: secretKey,
    host_base: host,
    host_bucket: host,
    use_https: 'False',
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  await writeFile(file, ['[default]', ...lines].join('\n'))
  return async (...command: string[]) =>
    (await run('/usr/bin/s3cmd', ['-c', file, ...command], { encoding: 'buffer', maxBuffer: 2 ** 24 })).stdout
}

t.test('pictures in S3', { skip }, async t => {
  const server = await startSwift(t)
  const client = await s3cmd(t, server)
  await client('mb', 's3://pictures')
  const app = await build(t, {
    AVATAR_STORAGE: `s3://pictures/of/users?endpoint=${server.endpoint}`,
    AWS_ACCESS_KEY_ID: server.accessKey,
    AWS_SECRET_ACCESS_KEY: server.secretKey,
  })
  const png = await picture('png')
  const list = async () => String(await client('ls', '--recursive', 's3://pictures')).match(/s3:\/\/\S+/g) ?? []
  const keysOf = (url: string) => {
    const name = new URL(url).pathname.slice('/avatars/'.length)
    return [name.replace('-512.', '-128.'), name].map(key => `s3://pictures/of/users/${key}`)
  }

  await t.test('another client finds what was uploaded, and the service serves it', async t => {
    const { avatar_url } = (await upload(app, await logIn(app), png)).json()
    t.same(await list(), keysOf(avatar_url))
    const stored = await client('get', keysOf(avatar_url)[1] ?? '', '-')
    t.match(await sharp(stored).metadata(), { format: 'webp', width: 512 })
    t.same((await download(app, avatar_url)).rawPayload, stored)
  })

  await t.test('what is replaced or removed is deleted there', async t => {
    const user = await logIn(app)
    const before = await list()
    await upload(app, user, png)
    await upload(app, user, png)
    t.equal((await list()).length, before.length + 2)
    await call(app, 'DELETE', `/users/v1/${user.user_id}/avatar`, { token: user.token })
    t.same(await list(), before)
  })

  await t.test('while it is away, accounts are deleted and pictures removed: their files follow', async t => {
    const [leaving, staying] = [await logIn(app), await logIn(app)]
    const urls: string[] = []
    for (const user of [leaving, staying]) urls.push((await upload(app, user, png)).json().avatar_url)
    const before = await list()
    await server.stop()
    const { token, user_id } = leaving
    const deleted = await call(app, 'DELETE', `/users/v1/${user_id}`, { token, payload: { password: PASSWORD } })
    t.equal(deleted.statusCode, 200)
    const path = `/users/v1/${staying.user_id}/avatar`
    t.equal((await call(app, 'DELETE', path, { token: staying.token })).statusCode, 200)
    t.equal(codeOf(await upload(app, staying, png)), 'service-unavailable')
    for (const url of urls) t.equal(codeOf(await download(app, url)), 'not-found')
    await app.cleanUp.run()
    await server.start()
    t.same(await list(), before, 'they are still there')
    await app.cleanUp.run()
    t.same(
      await list(),
      before.filter(key => !urls.flatMap(keysOf).includes(key)),
    )
  })

  for (const [name, disturb] of [
    ['is gone', (proxy: { cut(): void }) => proxy.cut()],
    ['answers no more', () => new Promise(() => {})],
  ] as const)
    await t.test(`if it ${name} between the files of a picture, the earlier picture stays, and alone`, async t => {
      const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AVATAR_STORAGE = '' } = app.config
      const settings = { AVATAR_STORAGE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY }
      const env = await environment(t, settings)
      const direct = await build(t, env)
      const user = await logIn(direct)
      const { avatar_url } = (await upload(direct, user, png)).json()
      const before = await list()
      let puts = 0
      const proxy = await proxyTo(t, Number(new URL(server.endpoint).port), sent =>
        sent.includes('PUT /pictures/') && ++puts === 2 ? disturb(proxy) : undefined,
      )
      const endpoint = `http://127.0.0.1:${proxy.port}`
      const disturbed = await build(t, { ...env, AVATAR_STORAGE: `s3://pictures/of/users?endpoint=${endpoint}` })
      t.equal(codeOf(await upload(disturbed, user, png)), 'service-unavailable')
      t.equal(puts, 2)
      t.equal((await call(direct, 'GET', '/users/v1/me', user)).json().avatar_url, avatar_url)
      t.equal((await download(direct, avatar_url)).statusCode, 200)
      const longAgo = Date.now() - 2 * 3_600_000
      await direct.db.updateTable('avatars').set({ created_at: longAgo }).where('user_id', 'is', null).execute()
      await direct.cleanUp.run()
      t.same(await list(), before)
    })

  for (const [name, change] of [
    ['a wrong secret', { AWS_SECRET_ACCESS_KEY: 'hoth' }],
    ['a bucket that does not exist', { AVATAR_STORAGE: `s3://none?endpoint=${server.endpoint}` }],
  ] as const)
    await t.test(`${name} is an error that the log explains`, async t => {
      const lines: string[] = []
      const { AVATAR_STORAGE = '', AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = app.config
      const settings = { AVATAR_STORAGE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, LOG_LEVEL: 'warn', ...change }
      const broken = await build(t, settings, { write: line => void lines.push(line) })
      const response = await upload(broken, await logIn(broken), png)
      t.equal(response.statusCode, 503)
      t.match(lines.join(''), /AVATAR_STORAGE: (403|404)/)
      t.notMatch(lines.join(''), /alderaan|hoth/)
    })
})
