// What goes wrong around a picture is not the picture's fault: the user is told to come back, and the next one is decoded.
import Fastify from 'fastify'
import t from 'tap'
import { pictures } from '../../../../plugins/accounts/avatars/pictures/index.ts'
import { picture } from '../../../support/pictures.ts'

const decoder = pictures(Fastify().log)
t.teardown(() => decoder.stop())

const png = await picture('png')
const squares = (pieces: () => AsyncIterable<Buffer>) => decoder.squares({ size: png.length, pieces }, [64])
async function* whole() {
  yield png
}

const faults: Record<string, { pieces: () => AsyncIterable<Buffer>; execPath?: string; cause: string }> = {
  'no process can be started': { pieces: whole, execPath: '/nowhere', cause: 'ENOENT' },
  'the upload cannot be read to its end': {
    async *pieces() {
      yield png.subarray(0, 10)
      throw Object.assign(new Error(), { code: 'EIO' })
    },
    cause: 'EIO',
  },
}

for (const [name, { pieces, execPath = process.execPath, cause }] of Object.entries(faults))
  t.test(name, async t => {
    const before = process.execPath
    process.execPath = execPath
    const failed = squares(pieces)
    await t.rejects(failed, { code: 'service-unavailable', cause: { code: cause } })
    process.execPath = before
    t.equal((await squares(whole)).length, 1, 'the next picture is decoded')
  })
