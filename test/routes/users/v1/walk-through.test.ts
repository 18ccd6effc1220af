import t from 'tap'
import { build, call, codeOf, mailedToken, newEmail, PASSWORD } from '../../../support/app.ts'

t.test(
  'somebody signs up, proves the address, reads the films, rotates the tokens, logs out, and the tokens are dead',
  async t => {
    const app = await build(t)
    const payload = { email: newEmail(), password: PASSWORD }

    const signup = await call(app, 'POST', '/users/v1/signup', { payload })
    t.equal(signup.statusCode, 200)
    t.same(signup.json(), { status: 'ok' })

    const tooEarly = await call(app, 'POST', '/users/v1/login', { payload })
    t.equal(tooEarly.statusCode, 400)
    t.equal(codeOf(tooEarly), 'email-unverified')

    const token = await mailedToken(app, payload.email)
    t.same((await call(app, 'GET', `/users/v1/email_verification?token=${token}`)).json(), { status: 'ok' })

    const login = (await call(app, 'POST', '/users/v1/login', { payload })).json()
    t.match(login, { token_type: 'Bearer', expires_in: 900, email: payload.email, user_id: Number })

    t.equal(codeOf(await call(app, 'GET', '/films/v1/')), 'authorisation-required')
    const films = await call(app, 'GET', '/films/v1/', { token: login.token })
    t.equal(films.statusCode, 200)
    t.equal(films.json().count, 7)

    const rotation = await call(app, 'POST', '/users/v1/generate_tokens', {
      token: login.refresh_token,
      payload: { old_access_token: login.token },
    })
    t.equal(rotation.statusCode, 200)
    const next = rotation.json()
    t.equal(codeOf(await call(app, 'GET', '/films/v1/', { token: login.token })), 'token-invalid')
    t.equal((await call(app, 'GET', '/films/v1/', { token: next.token })).statusCode, 200)

    t.same((await call(app, 'POST', '/users/v1/logout', { token: next.token })).json(), { status: 'ok' })
    t.equal(codeOf(await call(app, 'GET', '/films/v1/', { token: next.token })), 'token-invalid')
    t.equal(
      codeOf(await call(app, 'POST', '/users/v1/generate_tokens', { token: next.refresh_token })),
      'token-invalid',
    )
  },
)
