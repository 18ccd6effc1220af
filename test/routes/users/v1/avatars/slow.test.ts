// Uploads that trickle: REQUEST_TIMEOUT_SECONDS ends them with a 408, and they keep neither a place nor a temporary file.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { build, codeOf, listen, logIn, REAL } from '../../../../support/app.ts'
import { filesOf, openUploads, upload } from '../../../../support/avatars.ts'
import { picture } from '../../../../support/pictures.ts'
import { until } from '../../../../support/until.ts'

const UPLOADS_MAX = 100
const skip =
  (REAL && 'no database has a part in it') || (process.platform !== 'linux' && 'reads what Linux says of open files')

t.test('uploads that trickle', { skip }, async t => {
  const app = await build(t, { REQUEST_TIMEOUT_SECONDS: '1', AVATAR_RATE_LIMIT_MAX: '1000', RATE_LIMIT_MAX: '1000' })
  const { port } = new URL(await listen(app))
  const user = await logIn(app)
  const png = await picture('png')

  /** Sends the headers and the beginning of a picture. */
  async function begin(...lines: string[]): Promise<Socket> {
    const socket = connect(Number(port), '127.0.0.1')
    await once(socket, 'connect')
    const head = [`PUT /users/v1/${user.user_id}/avatar HTTP/1.1`, 'Host: x', `Authorization: Bearer ${user.token}`]
    socket.write([...head, ...lines].join('\r\n'))
    return socket.on('error', () => {})
  }

  const forms: Record<string, { begun: string[]; byte: string }> = {
    'as the body': { begun: ['Content-Type: image/png', 'Content-Length: 5000', '', ''], byte: 'x' },
    'of a length that is not said': {
      begun: ['Content-Type: image/png', 'Transfer-Encoding: chunked', '', ''],
      byte: '1\r\nx\r\n',
    },
    'by a form': {
      begun: [
        'Content-Type: multipart/form-data; boundary=y',
        'Content-Length: 5000',
        '',
        '--y',
        'Content-Disposition: form-data; name="avatar"; filename="a"',
        '',
        '',
      ],
      byte: 'x',
    },
  }
  for (const [name, { begun, byte }] of Object.entries(forms))
    await t.test(`a picture ${name}, byte by byte, is answered 408 in time`, async t => {
      const startedAt = performance.now()
      const socket = await begin(...begun)
      const drip = setInterval(() => socket.write(byte), 20)
      await until(() => openUploads().length === 1)
      const answer = await text(socket)
      clearInterval(drip)
      const took = Math.round(performance.now() - startedAt)
      t.match(
        answer,
        /^HTTP\/1\.1 408 Request Timeout\r\n[\s\S]*\r\nconnection: close\r\n[\s\S]*"message":"request-timeout"\}$/,
      )
      t.ok(took >= 900 && took < 5000, `after ${took} ms`)
      await until(() => openUploads().length === 0)
    })

  await t.test(
    `with ${UPLOADS_MAX} of them under way others are told to come back, and are served afterwards`,
    async t => {
      const [slow] = Object.values(forms)
      const sockets = await Promise.all(Array.from({ length: UPLOADS_MAX }, () => begin(...(slow?.begun ?? []))))
      await until(() => openUploads().length === UPLOADS_MAX)
      t.equal(codeOf(await upload(app, user, png)), 'service-unavailable')
      for (const answer of await Promise.all(sockets.map(text))) t.match(answer, /^HTTP\/1\.1 408 /)
      await until(() => openUploads().length === 0)
      for (let i = 0; i < 2; i++) t.equal((await upload(app, user, png)).statusCode, 200)
      t.equal(filesOf(app).length, 2)
    },
  )
})
