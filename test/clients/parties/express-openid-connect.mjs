// express-openid-connect as its documentation sets it up: /login, /callback and /logout are its own.
import express from 'express'
import openid from 'express-openid-connect'
import { CLIENT_ID, CLIENT_SECRET, countFilms, HOME, ISSUER, serve } from './serve.mjs'

const { auth, requiresAuth } = openid
const app = express()

app.use(
  auth({
    issuerBaseURL: ISSUER,
    baseURL: HOME,
    clientID: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    secret: 'a secret of the application, for its cookie',
    authRequired: false,
    idpLogout: true,
    authorizationParams: {
      response_type: 'code',
      scope: 'openid email offline_access films:read',
      prompt: 'consent',
    },
  }),
)

app.get('/', (request, response) => {
  response.send(request.oidc.isAuthenticated() ? 'signed in' : 'signed out')
})

app.get('/films', requiresAuth(), async (request, response) => {
  const films = await countFilms(request.oidc.accessToken.access_token)
  const next = await request.oidc.accessToken.refresh()
  const { email } = await request.oidc.fetchUserInfo()
  response.json({ email, films, refreshed: await countFilms(next.access_token) })
})

serve(app)
