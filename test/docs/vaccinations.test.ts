// docs/vaccinations.md at its word: its walk in a shell, from the profile to the certificate, and its verifier.
import { spawn } from 'node:child_process'
import { readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { administrator, build, environment, logIn, REAL } from '../support/app.ts'
import { freePort } from '../support/free-port.ts'
import { verifierOf } from '../support/health-cards.ts'

const ROOT = join(import.meta.dirname, '../..')

const page = await readFile(join(ROOT, 'docs/vaccinations.md'), 'utf8')
const blocksIn = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, code = '']) => code)
const [blocks, [verifier = '']] = [blocksIn('sh'), blocksIn('js')]

t.test('the walk-through does what it says', { skip: REAL && 'no database changes it' }, async t => {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const env = await environment(t, { PUBLIC_URL: url })
  const app = await build(t, env)
  await app.listen({ host: 'localhost', port })
  const [user, admin] = [await logIn(app), await administrator(app)]
  const values = { BASE: url, TOKEN: user.token, USER_ID: String(user.user_id), ADMIN: admin.token }

  async function run(code = '', more: Record<string, string> = {}): Promise<string> {
    const child = spawn('bash', ['-ec', code], {
      cwd: env.DATA_DIR,
      env: { PATH: process.env.PATH, ...values, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
    if (errors) throw new Error(errors)
    return out
  }

  const program = join(env.DATA_DIR ?? '', 'verifier.mjs')
  await writeFile(program, verifier.replaceAll('http://localhost:3000', url))
  await symlink(join(ROOT, 'node_modules'), join(env.DATA_DIR ?? '', 'node_modules'))
  const { verify } = await import(program)

  const [profile, registration, approval, certificate, keys, withdrawal] = blocks
  t.match(JSON.parse(await run(profile)), { first_name: 'Leia', national_id: 'AL-1138' })
  const { id, status } = JSON.parse(await run(registration))
  t.equal(status, 'pending')
  t.match(await run(approval, { VACCINATION_ID: id }), /"results":\[\{"id"[\s\S]*"status":"approved"/)
  const { cards, issuer } = JSON.parse(await run(certificate))
  t.ok(await (await verifierOf(issuer)).fromQRNumeric(cards[0].qr))
  const [{ qr, jws }] = cards
  for (const card of [qr, jws])
    t.match(await verify(card), {
      entry: [{ resource: { name: [{ family: 'Organa' }] } }, { resource: { lotNumber: 'AL1138' } }],
    })
  await t.rejects(verify(jws.replace(/[^.]+$/, 'A'.repeat(86))), { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' })
  t.match(await readFile(join(env.DATA_DIR ?? '', 'vaccinations.pdf'), 'latin1'), /^%PDF-1\.7/)
  t.match(JSON.parse(await run(keys)), { keys: [{ kty: 'EC' }] })
  t.match(JSON.parse(await run(withdrawal, { VACCINATION_ID: id })), { status: 'withdrawn' })
  await t.rejects((await verifierOf(issuer)).fromQRNumeric(cards[0].qr), /revoked/)
  await t.rejects(verify(qr), /revoked/)
  t.equal(blocks.length, 6)
})
