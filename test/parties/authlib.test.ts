// Python's Authlib, as Debian packages it: login, ID token, films, refresh, revocation.
import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import { REAL, verifiedUser } from '../support/app.ts'
import { CALLBACK, serve } from '../support/oauth.ts'
import { register } from '../support/parties/program.ts'
import { visitor } from '../support/parties/visitor.ts'

const PYTHON = '/usr/bin/python3'
const PROGRAM = join(import.meta.dirname, '../clients/parties/authlib_client.py')

const isMissing = !hasAuthlib() && process.env.CI !== 'true'
if (isMissing) console.error('NOT TESTED: Authlib as a relying party. Install python3-authlib and python3-requests')
const skip =
  (REAL && 'what the libraries of others accept does not depend on the profile') || (isMissing && 'needs Authlib')

function hasAuthlib(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import authlib, requests'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const { app, issuer } = await serve(t)
const account = await verifiedUser(app)

for (const id_token_signed_response_alg of ['RS256', 'ES256'] as const)
  t.test(`a login with ID tokens signed by ${id_token_signed_response_alg}`, { skip }, async t => {
    const { id, secret } = await register(app, 'https://news.example', { id_token_signed_response_alg })
    const env = {
      ISSUER: issuer,
      CALLBACK,
      CLIENT_ID: id,
      CLIENT_SECRET: secret,
      AUTHLIB_INSECURE_TRANSPORT: '1',
      PYTHONDONTWRITEBYTECODE: '1',
    }
    const program = spawn(PYTHON, [PROGRAM], { env, stdio: ['pipe', 'pipe', 'inherit'] })
    t.teardown(() => program.kill('SIGKILL'))
    const lines = createInterface(program.stdout)[Symbol.asyncIterator]()
    const { url } = await visitor().logIn(String((await lines.next()).value), account)
    program.stdin.end(`${url}\n`)
    const outcome = JSON.parse(String((await lines.next()).value))
    t.same(outcome, { email: account.email, films: 7, refreshed: 7, revoked: 401 })
  })
