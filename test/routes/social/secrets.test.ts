// Codes, tokens, verifiers and secrets of providers are in no log line, error and metric, whatever goes wrong.
import t from 'tap'
import { build, call } from '../../support/app.ts'
import type { Fault } from '../../support/providers/counterpart.ts'
import { visit } from '../../support/providers/visit.ts'
import { Browser, withAll } from '../../support/social.ts'

const PROVIDERS = ['google', 'linkedin', 'github', 'facebook', 'corp']

t.test('threat: canary codes, tokens and secrets reach a log', async t => {
  const { env, ...servers } = await withAll(t)
  const written: string[] = []
  const app = await build(t, { ...env, LOG_LEVEL: 'trace' }, { write: line => void written.push(line) })
  const secrets = new Set<string>()
  const bodies: string[] = []
  for (const provider of PROVIDERS)
    for (const fault of [undefined, 'malformed', 'server-error', 'reset'] satisfies (Fault | undefined)[]) {
      const server = servers[provider as 'google' | 'linkedin' | 'github' | 'facebook' | 'corp']
      const browser = new Browser(app)
      const begun = await browser.open(`/social/v1/${provider}/authorize`)
      if (begun.statusCode !== 302) continue
      const location = new URL(begun.headers.location ?? '')
      for (const name of ['state', 'nonce']) secrets.add(location.searchParams.get(name) ?? '')
      for (const value of browser.cookies.values()) secrets.add(value)
      const callback = await visit(location.href)
      secrets.add(callback.searchParams.get('code') ?? '')
      if (fault)
        for (const path of ['/token', '/oauth/token', '/login/oauth/access_token', '/graph/'])
          server.counterpart.fail(path, fault)
      bodies.push((await browser.open(callback)).body)
      server.counterpart.heal()
    }
  const { google, corp, linkedin, github, facebook } = servers
  const idToken = corp.issue({ nonce: 'wrong' })
  bodies.push((await call(app, 'POST', '/social/v1/corp', { payload: { id_token: idToken, nonce: 'the-nonce' } })).body)
  bodies.push((await call(app, 'GET', '/metrics')).body)
  for (const secret of [idToken, github.clientSecret, facebook.appSecret]) secrets.add(secret)
  for (const { clientSecret } of [google, corp, linkedin]) secrets.add(clientSecret)
  secrets.delete('')
  const said = [...written, ...bodies].join('\n')
  t.ok(written.length > 0)
  for (const secret of secrets) t.notOk(said.includes(secret), `${secret.slice(0, 12)}… is nowhere`)
  for (const pattern of [/gho_[0-9a-f]{36}/, /EAA[0-9a-f]{48}/, /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/])
    t.notMatch(said, pattern)
})
