/** The walk-through of the README with a client of @hey-api/openapi-ts. */

import { client } from './generated/hey-api/client.gen.js'
import type { Auth } from './generated/hey-api/core/auth.gen.js'
import * as holocron from './generated/hey-api/index.js'
import { baseUrl, expect, mailedToken, newUser } from './support.js'

client.setConfig({ baseUrl })
const bearer = (token: string) => ({ auth: ({ scheme }: Auth) => (scheme === 'bearer' ? token : undefined) })

const user = newUser()
expect((await holocron.signup({ body: user })).data?.status, 'ok')

const tooEarly = await holocron.login({ body: user })
expect(tooEarly.response?.status, 400)
expect(tooEarly.error?.message, 'email-unverified')

const token = await mailedToken(async () => {
  const { data } = await holocron.readMailbox({ query: { to: user.email } })
  return typeof data === 'object' ? data.mails : []
})
await holocron.verifyEmail({ body: { token }, throwOnError: true })

const { data: login } = await holocron.login({ body: user, throwOnError: true })
if ('mfa_required' in login) throw new Error('no second factor is enrolled')
expect(login.token_type, 'Bearer')

const films = await holocron.listFilms({
  ...bearer(login.token),
  query: { 'options[planets]': false },
  throwOnError: true,
})
expect(films.data.results.length, films.data.count)
expect(films.data.results[0]?.planets, undefined)
const film = await holocron.getFilm({ path: { film_id: 4 }, throwOnError: true })
expect(film.data.title, 'A New Hope')

const { data: tokens } = await holocron.generateTokens({ ...bearer(login.refresh_token), throwOnError: true })
expect(tokens.user_id, login.user_id)
expect((await holocron.listFilms({ ...bearer(login.token) })).error?.message, 'token-invalid')

const { data: me } = await holocron.getMe({ ...bearer(tokens.token), throwOnError: true })
expect([me.id, me.email, me.access_role, me.first_name], [login.user_id, user.email, 'basic', null])

await holocron.logout({ ...bearer(tokens.token), throwOnError: true })
const afterwards = await holocron.getMe({ ...bearer(tokens.token) })
expect(afterwards.response?.status, 401)
expect(afterwards.error?.message, 'token-invalid')
