/** The walk-through of the README with a client of openapi-typescript and openapi-fetch. */
import createClient from 'openapi-fetch'
import type { paths } from './generated/openapi-typescript.js'
import { baseUrl, expect, mailedToken, newUser, present } from './support.js'

const client = createClient<paths>({ baseUrl })
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

const user = newUser()
expect((await client.POST('/users/v1/signup', { body: user })).data?.status, 'ok')

const tooEarly = await client.POST('/users/v1/login', { body: user })
expect(tooEarly.response.status, 400)
expect(tooEarly.error?.message, 'email-unverified')

const token = await mailedToken(async () => {
  const { data } = await client.GET('/dev/mailbox', { params: { query: { to: user.email } } })
  // The route has a page for browsers, too.
  return typeof data === 'object' ? data.mails : []
})
expect((await client.POST('/users/v1/email_verification', { body: { token } })).data, { status: 'ok' })

const login = present((await client.POST('/users/v1/login', { body: user })).data, 'the login')
if ('mfa_required' in login) throw new Error('no second factor is enrolled')
expect(login.token_type, 'Bearer')

const query = { 'options[planets]': false }
const films = await client.GET('/films/v1/', { params: { query }, ...bearer(login.token) })
const { results, count } = present(films.data, 'the films')
expect(results.length, count)
expect(results[0]?.planets, undefined)
const film = await client.GET('/films/v1/{film_id}', { params: { path: { film_id: 4 } } })
expect(film.data?.title, 'A New Hope')

const tokens = present((await client.POST('/users/v1/generate_tokens', bearer(login.refresh_token))).data, 'the tokens')
expect(tokens.user_id, login.user_id)
expect((await client.GET('/films/v1/', bearer(login.token))).error?.message, 'token-invalid')

const me = present((await client.GET('/users/v1/me', bearer(tokens.token))).data, 'the user')
expect([me.id, me.email, me.access_role, me.first_name], [login.user_id, user.email, 'basic', null])

expect((await client.POST('/users/v1/logout', bearer(tokens.token))).data?.status, 'ok')
const afterwards = await client.GET('/users/v1/me', bearer(tokens.token))
expect(afterwards.response.status, 401)
expect(afterwards.error?.message, 'token-invalid')
